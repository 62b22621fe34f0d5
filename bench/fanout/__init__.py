"""One event to many sockets: ours, Channels groups and the bare loop."""
