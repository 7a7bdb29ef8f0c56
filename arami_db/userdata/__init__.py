"""What a database holds about a person: writing it out, and erasing it."""

from arami_db.userdata.erasing import Change, Erased, erase
from arami_db.userdata.exporting import Exported, export
from arami_db.userdata.writing import File, Part

__all__ = ["Change", "Erased", "Exported", "File", "Part", "erase", "export"]
