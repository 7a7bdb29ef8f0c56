"""What a database holds about a person: writing it out, and erasing it."""

from arami_db.userdata.erasing import Change, Erased, erase
from arami_db.userdata.exporting import UserExport, export
from arami_db.userdata.writing import File, TableExport

__all__ = ["Change", "Erased", "File", "TableExport", "UserExport", "erase", "export"]
