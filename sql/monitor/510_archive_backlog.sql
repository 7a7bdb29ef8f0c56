-- 510_archive_backlog: Sessions that are old enough to be archived, and are not archived yet.
-- Why: older than two years, the default of `arami-db archive`. At most 100,000 are counted, by the
-- index: a query that runs every minute must not read a table of millions. The grants of the live
-- table and of the archive are equal; otherwise verify reports them.
-- also: overview
-- on 42P01: This database does not have the Arami schema; `arami-db migrate` creates it.
-- on 42501: grant usage on schema public to :"role";
-- on 42501: grant select (created_at) on public.daily_sessions to :"role";
-- on 42501: grant select (created_at) on public.daily_sessions_archive to :"role";
-- on 42501: alter role :"role" bypassrls;
-- gauge backlog_sessions: live sessions older than two years; 100,000 may be more
-- gauge backlog_oldest_age_seconds: since the oldest live session
with oldest as (
    select min(s.created_at) as created_at
    from public.daily_sessions as s
),

old as (
    select count(*) as sessions
    from (
        select s.created_at
        from public.daily_sessions as s
        where s.created_at < now() - interval '2 years'
        order by s.created_at asc
        limit 100000
    ) as counted
)

select
    old.sessions as backlog_sessions,
    extract(epoch from now() - oldest.created_at) as backlog_oldest_age_seconds
from old
cross join oldest
