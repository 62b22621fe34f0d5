"""Credentials: passwords and tokens, the logins they begin, and the limits on attempts."""
