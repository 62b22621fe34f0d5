"""People: accounts, roles, tokens, and who may do what."""
