"""Reading the journal again: opening, replaying, rebuilding and comparing."""
