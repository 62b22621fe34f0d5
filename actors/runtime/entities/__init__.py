"""An entity at work: its mailbox, what it decides, what of it is durable, and how it comes and goes."""
