"""The pipeline of every command over every transport: what a row declares, and how it is executed."""
