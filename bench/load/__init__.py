"""Load clients. Each runs as a process of its own, prints one JSON object and reports its own CPU share."""
