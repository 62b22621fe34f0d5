"""Codes by phone or e-mail: the way in for somebody who has nothing else."""
