"""How the whole suite is run: lanes side by side, a shuffled order, hangs that fail alone."""
