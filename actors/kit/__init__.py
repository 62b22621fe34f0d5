"""What all deciders share."""
