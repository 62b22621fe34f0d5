"""What an installation of many branches holds: its lists, loading and starting it, changing its settings."""
