"""The commands over HTTP, in front of Django."""
