"""Experiments: who gets which variant, who has met it, and what became of that."""
