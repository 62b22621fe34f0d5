"""Public feeds: how many trolleys are free, for maps and route planners."""
