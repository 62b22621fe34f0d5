"""A rollout of firmware."""
