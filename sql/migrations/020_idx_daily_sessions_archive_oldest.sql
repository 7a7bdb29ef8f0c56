-- 020_idx_daily_sessions_archive_oldest: the order in which sessions are restored.
-- Why: restoring a span of time, for all users, would otherwise read the whole archive for each
-- batch; the archive's other indexes all start with the user. NULLS FIRST as in migration 016.
-- arami: no-transaction

-- The runner drops what a failed build leaves and builds it again; IF NOT EXISTS would keep it.
-- squawk-ignore prefer-robust-stmts
create index concurrently idx_daily_sessions_archive_oldest
on public.daily_sessions_archive (created_at nulls first, id);
