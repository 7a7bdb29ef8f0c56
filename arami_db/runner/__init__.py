"""The machinery operations share: the lock, the working connection, one file at a time."""
