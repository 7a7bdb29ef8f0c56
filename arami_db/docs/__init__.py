"""The reference of a schema: built from its facts and comments, and stored in a directory."""

from arami_db.docs.model import Reference
from arami_db.docs.reading import of_database, of_files
from arami_db.docs.writing import Written, write

__all__ = ["Reference", "Written", "of_database", "of_files", "write"]
