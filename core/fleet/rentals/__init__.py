"""Sessions and rentals, as read models."""
