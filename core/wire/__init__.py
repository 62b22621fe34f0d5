"""What arrives from outside, read one way at every door: JSON, ids, and secrets that are compared."""
