"""The payment."""
