"""Writing the migration that takes another one back, tried on a throw-away database."""

from arami_db.undo.model import UndoError, Undone
from arami_db.undo.operation import undo

__all__ = ["UndoError", "Undone", "undo"]
