"""Bulk import of products."""
