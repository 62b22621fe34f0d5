"""The domain: pure deciders, one file an entity, and beside them the runtime that gives them life."""
