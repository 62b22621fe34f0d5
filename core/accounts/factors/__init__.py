"""What a login needs in addition to the password, and a person's logins."""
