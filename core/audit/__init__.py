"""Who may read the audit trail, and what is noted in it."""
