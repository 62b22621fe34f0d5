"""New firmware for the agent."""
