"""The audit trail: what was done, by whom, and why, chained by hash."""
