"""What goods cost: reading their codes, and importing them."""
