"""The domain: pure deciders, one file an entity, and the runtime that executes them."""
