"""The demonstration: a chain with two branches, trolleys, products and people to log in as."""
