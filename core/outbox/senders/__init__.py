"""Who delivers messages: one sender a channel."""
