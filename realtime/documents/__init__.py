"""OpenAPI and AsyncAPI, generated from the command table."""
