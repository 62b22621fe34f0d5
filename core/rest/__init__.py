"""What every REST endpoint shares: one view, exact JSON, closed bodies and queries, keys, the document."""
