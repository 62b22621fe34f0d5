"""Payments: providers, the ledger of calls to them, and the payments' rows."""
