"""Commands for the one who operates the journal."""
