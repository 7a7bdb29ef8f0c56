"""The SQL files of a project: finding, reading and fingerprinting them. No database here."""

from arami_db.files.packaged import packaged_sql_dir
from arami_db.files.sqlfile import SqlFile, read_file
from arami_db.files.tree import SqlTree, discover

__all__ = ["SqlFile", "SqlTree", "discover", "packaged_sql_dir", "read_file"]
