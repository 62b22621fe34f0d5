"""What somebody proves who they are with: passwords and tokens, logins, and how often they may try."""
