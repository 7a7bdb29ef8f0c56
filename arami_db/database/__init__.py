"""The connection to Postgres: opening it, its server, locks, and errors."""
