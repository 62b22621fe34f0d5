"""What helps people while they shop: preferences, budget, suggestions, and what is learnt from it."""
