"""The journal: stores behind the port, the codec, projections' plumbing, replay."""
