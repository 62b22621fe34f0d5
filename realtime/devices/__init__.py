"""What Raspberry Pis send, and what is sent to them."""
