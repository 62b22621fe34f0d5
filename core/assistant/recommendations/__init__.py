"""What is suggested to a shopper, and what it is learnt from."""
