"""The device buses: buses, boards and the link from a Raspberry Pi to the server. Runs without Django."""
