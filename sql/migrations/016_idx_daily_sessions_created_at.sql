-- 016_idx_daily_sessions_created_at: the order in which sessions are archived.
-- Why: a batch takes the oldest sessions first and the next one continues after its last row;
-- without this index every batch would read and sort the whole table. NULLS FIRST keeps the index
-- for queries with that order, although the column has no nulls. Otherwise a client's "order by
-- created_at desc" on session_history would read it, with everybody's sessions: row level security
-- of a table in a UNION does not tell the planner that user_id is constant.
-- arami: no-transaction

-- The runner drops what a failed build leaves and builds it again; IF NOT EXISTS would keep it.
-- squawk-ignore prefer-robust-stmts
create index concurrently idx_daily_sessions_created_at
on public.daily_sessions (created_at nulls first, id);
