"""The connection to Postgres: finding it, the runner lock, and running one SQL file."""
