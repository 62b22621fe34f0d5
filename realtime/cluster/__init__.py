"""What runs only with several processes."""
