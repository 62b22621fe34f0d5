"""What one connection, account and address may ask for, before and after a token is seen."""
