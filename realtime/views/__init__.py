"""What clients are shown: closed structs, encoded once."""
