"""The program on the Raspberry Pi."""
