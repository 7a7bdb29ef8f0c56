-- 022_idx_daily_sessions_user_id_session_date: a user's sessions by day.
-- Why: the dashboard and get_session_summary ask for a user's sessions of the last days. Among
-- 1,000,000 Postgres 17 read either everybody's of those days (7,800 entries) or all of the user's
-- own (51 pages, 1.5 ms), and changed between these plans with an ANALYZE; with this index it reads
-- 13 pages in less than 0.1 ms, with any number of users.
-- arami: no-transaction

-- The runner drops what a failed build leaves and builds it again; IF NOT EXISTS would keep it.
-- squawk-ignore prefer-robust-stmts
create index concurrently idx_daily_sessions_user_id_session_date
on public.daily_sessions (user_id, session_date);
