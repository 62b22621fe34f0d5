"""What a branch's map begins with, read from several apps."""
