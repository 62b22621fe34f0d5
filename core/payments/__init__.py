"""Payments: the providers, what was asked of them and what they said, and the payments' rows."""
