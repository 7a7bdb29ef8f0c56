"""Writing the SQL files as another tool's migrations."""

from arami_db.export.supabase import Exported, export

__all__ = ["Exported", "export"]
