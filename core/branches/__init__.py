"""REST of tenants: chains and branches."""
