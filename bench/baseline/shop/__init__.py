"""Sessions, carts and products as the sources draw them."""
