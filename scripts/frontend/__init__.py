"""The tools of the pages."""
