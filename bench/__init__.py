"""Measurements: our server against the sources' own design and against the machine's limits."""
