"""Tenants: the retail chains and their branches."""
