"""What every benchmark is made of: processes, preparation, statistics and the report."""
