"""Writing the migration that reverts another one, tried on a throw-away database."""

from arami_db.undo.model import UndoError, Undone
from arami_db.undo.operation import undo

__all__ = ["UndoError", "Undone", "undo"]
