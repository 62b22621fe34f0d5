"""The catalogue's REST API."""
