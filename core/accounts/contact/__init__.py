"""How a person is reached: confirmed addresses, and the way back to a lost account."""
