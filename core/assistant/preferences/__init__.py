"""What shoppers eat, must not eat and care for."""
