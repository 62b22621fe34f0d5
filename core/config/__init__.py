"""What the site is set up with: its environment, what production refuses, checks, logs, the database."""
