"""The stock of a branch."""
