"""The way of every command, whichever transport brought it: what a row says, and how it is carried out."""
