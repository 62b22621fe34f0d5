"""The lock files: resolving them, their bills of materials, and what is known against what they name."""
