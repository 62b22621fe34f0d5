"""Tools of the repository: what the Makefile calls."""
