"""The trolley."""
