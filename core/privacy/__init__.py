"""Everything that is held about a person."""
