"""Exporting the SQL files as migrations of another tool."""

from arami_db.export.supabase import SupabaseExport, export

__all__ = ["SupabaseExport", "export"]
