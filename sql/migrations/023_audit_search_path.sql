-- 023_audit_search_path: the function behind the change log looks for types in pg_temp last.
-- Why: under an empty search_path types, if not functions, are still looked for in pg_temp, and
-- there first. A caller's temporary domain "text" ran its check as the owner of this function.

alter function audit.record_change() set search_path = pg_catalog, pg_temp; -- noqa: PRS
