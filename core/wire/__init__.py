"""What arrives from outside, read alike at every entry point: JSON, ids, and secrets that are compared."""
