"""Topics: what is published, numbered, kept for who comes back, and written to sockets."""
