-- 021_autovacuum: vacuum the archived tables after 10 % of dead rows, not after 20 %.
-- Why: archived rows leave dead entries at the old end of the indexes, where the next run starts.
-- Measured on Postgres 17 with 40,000 of 300,000 sessions archived, which is below the default's
-- 20 %: choosing the next 500 read 2,020 pages, 222 once those were marked dead, 25 after a vacuum;
-- the 20 oldest sessions of one user 103 pages, 23 after it. The vacuum itself took 0.14 s.
-- A lower value is worse: at 2 %, while 280,000 of 1,000,000 sessions were archived, both tables
-- were vacuumed every minute, each time 20 s and 225 MB of WAL, since dead entries are on nearly
-- every page of the indexes on random keys; their ANALYZE took another 2 s. So ANALYZE keeps its
-- default, as do tables that only grow or change in place, which showed no benefit.

alter table public.daily_sessions set (autovacuum_vacuum_scale_factor = 0.1);
alter table public.session_analytics set (autovacuum_vacuum_scale_factor = 0.1);
