"""Orders: what was bought, its receipt and its exit pass."""
