"""The command table and its handlers, a module a subject."""
