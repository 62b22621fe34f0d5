"""Who has which role in a chain, and invitations to one."""
