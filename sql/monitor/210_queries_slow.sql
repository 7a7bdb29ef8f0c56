-- 210_queries_slow: Statements by their total time, since statistics began.
-- Why: a statement that is slow once a night matters less than one that is called all day. Texts
-- are never labels: the queryid identifies a statement, as long as the server keeps it.
-- extension: pg_stat_statements
-- on 42501: grant usage on schema :"schema" to :"role";
-- on 55000: Add pg_stat_statements to shared_preload_libraries, and restart the server.
-- on 42703: alter extension pg_stat_statements update;
-- labels: queryid, role
-- counter calls: how often it ran
-- counter time_seconds: in all
-- gauge mean_seconds: of a call
-- gauge share_ratio: of the time of all statements of this database
-- gauge hits_ratio: blocks found in shared buffers
-- noqa: disable=AL03, RF01
with statements as (
    select
        s.queryid,
        s.userid,
        min(s.query) as query,
        sum(s.calls)::bigint as calls,
        sum(s.total_exec_time) as total,
        sum(s.shared_blks_hit)::float8 as hit,
        sum(s.shared_blks_read)::float8 as read
    from :"schema".pg_stat_statements as s -- noqa: PRS
    inner join pg_database as d on s.dbid = d.oid
    where d.datname = current_database()
    group by s.queryid, s.userid
),

-- Statements with hidden texts are shown without queryid.
everything as (select nullif(sum(s.total), 0) as total from statements as s)

select
    s.calls,
    s.total / 1000 as time_seconds,
    s.total / nullif(s.calls, 0) / 1000 as mean_seconds,
    s.total / e.total as share_ratio,
    s.hit / nullif(s.hit + s.read, 0) as hits_ratio,
    r.rolname as role,
    s.queryid::text as queryid,
    left(regexp_replace(s.query, '\s+', ' ', 'g'), 2000) as query,
    null as note
from statements as s
cross join everything as e
left join pg_roles as r on s.userid = r.oid
where s.queryid is not null
union all
select
    null,
    null,
    null,
    null,
    null,
    null,
    null,
    null,
    format(
        'The statements of %s other roles are hidden: grant pg_read_all_stats to %I;',
        count(*), current_user
    )
from statements as s
where s.queryid is null
having count(*) > 0
order by time_seconds desc nulls last, queryid asc
