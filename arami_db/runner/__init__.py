"""What operations share to run files: the lock, the working connection, one file at a time."""
