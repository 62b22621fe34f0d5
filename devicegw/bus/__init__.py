"""The serial bus: boards, the line, whose turn it is."""
