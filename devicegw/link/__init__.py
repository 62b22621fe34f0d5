"""The link to the server: outbox, transports."""
