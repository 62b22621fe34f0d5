"""Login codes by phone or e-mail: the way in without a password."""
