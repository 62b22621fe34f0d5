"""What branches have in stock: read models, REST, the sweep of forgotten reservations."""
