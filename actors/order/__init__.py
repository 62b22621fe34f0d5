"""The order."""
