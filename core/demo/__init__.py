"""The demonstration: two chains with their branches, trolleys, products and people to log in as."""
