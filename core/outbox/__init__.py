"""What is sent to people outside of this server: mail and text messages, each once, and never lost."""
