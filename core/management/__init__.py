"""What Django's command line finds here."""
