"""Trolleys, devices and lock boards, and the read models of sessions and rentals."""
