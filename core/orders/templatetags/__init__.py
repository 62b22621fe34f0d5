"""Filters of the receipt."""
