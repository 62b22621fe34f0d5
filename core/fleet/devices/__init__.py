"""Devices: registering, tokens, and what hangs on them."""
