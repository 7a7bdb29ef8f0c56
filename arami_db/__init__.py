"""arami-db: plain-SQL migrations, applied and proved against a live Postgres."""

__version__ = "0.1.0"
