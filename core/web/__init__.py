"""What stands around every answer: pages, static files, middleware, health, who calls."""
