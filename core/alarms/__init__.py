"""Alarms of the branches, as the journal's projection writes them down."""
