"""Read models of the shoppers' carts."""
