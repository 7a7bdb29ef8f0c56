"""Writing the SQL files as another tool's migrations."""

from arami_db.export.supabase import SupabaseExport, export

__all__ = ["SupabaseExport", "export"]
