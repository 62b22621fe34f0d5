"""The catalogue in memory, as the edge reads it."""
