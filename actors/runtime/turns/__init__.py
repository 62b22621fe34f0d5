"""Whose turn it is, what time it is, and how results reach other threads and loops."""
