"""Keys by which a retailer's own systems call the API."""
