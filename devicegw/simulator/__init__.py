"""A shop without hardware: simulated boards with real bytes."""
