"""Commands of the firmware."""
