"""Trolleys: their state, their numbers in a branch, their QR codes."""
