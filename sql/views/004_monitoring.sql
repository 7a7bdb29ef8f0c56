-- 004_monitoring: table sizes, slow queries and index use, for whoever runs the database.
-- Why: in schema arami_db, which the API never exposes. pg_stat_statements may be absent or live in
-- any schema, which a plain view cannot express: a function looks for it and says so when it is not
-- there.

create schema if not exists arami_db;
revoke all on schema arami_db from public, anon, authenticated, service_role;

create or replace view arami_db.table_sizes with (security_invoker = true) as
select
    n.nspname as schemaname,
    c.relname as tablename,
    pg_size_pretty(pg_total_relation_size(c.oid)) as size,
    pg_total_relation_size(c.oid) as total_bytes,
    pg_indexes_size(c.oid) as index_bytes,
    greatest(c.reltuples, 0)::bigint as estimated_rows
from pg_catalog.pg_class as c
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
where c.relkind in ('r', 'p', 'm') and n.nspname in ('public', 'audit', 'arami_db')
order by total_bytes desc, schemaname asc, tablename asc;

create or replace view arami_db.index_usage with (security_invoker = true) as
select
    s.schemaname,
    s.relname as tablename,
    s.indexrelname as indexname,
    s.idx_scan as scans,
    pg_size_pretty(pg_relation_size(s.indexrelid)) as size,
    pg_relation_size(s.indexrelid) as total_bytes,
    i.indisunique as is_unique
from pg_catalog.pg_stat_all_indexes as s
inner join pg_catalog.pg_index as i on s.indexrelid = i.indexrelid
where s.schemaname in ('public', 'audit', 'arami_db')
order by scans asc, total_bytes desc, indexname asc;

create or replace function arami_db.slowest_queries(row_limit integer default 10)
returns table (query text, mean_exec_time double precision, calls bigint)
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
    home name := (
        select n.nspname
        from pg_catalog.pg_extension as e
        inner join pg_catalog.pg_namespace as n on n.oid = e.extnamespace
        where e.extname = 'pg_stat_statements'
    );
begin
    if home is null then
        raise notice 'pg_stat_statements is not installed in this database'
            using hint = 'create extension pg_stat_statements;';
        return;
    end if;
    return query execute format(
        'select s.query, s.mean_exec_time, s.calls
         from %I.pg_stat_statements as s
         where s.dbid = (select oid from pg_catalog.pg_database where datname = current_database())
         order by s.mean_exec_time desc
         limit $1',
        home
    ) using row_limit;
exception
    when object_not_in_prerequisite_state then
        raise notice 'pg_stat_statements is installed but not loaded'
            using hint = 'Add it to shared_preload_libraries and restart the server.';
end
$$;

create or replace view arami_db.slow_queries with (security_invoker = true) as
select
    query,
    mean_exec_time,
    calls
from arami_db.slowest_queries();

revoke all on table arami_db.table_sizes from public, anon, authenticated, service_role;
revoke all on table arami_db.index_usage from public, anon, authenticated, service_role;
revoke all on table arami_db.slow_queries from public, anon, authenticated, service_role;
revoke all on function arami_db.slowest_queries(integer)
from public, anon, authenticated, service_role;

comment on view arami_db.table_sizes is
'Size of every table with its indexes and TOAST, largest first; rows as last estimated.';
comment on view arami_db.index_usage is
'How often each index was scanned since statistics began, least used first.';
comment on view arami_db.slow_queries is
'The ten slowest statements by mean execution time, in milliseconds.';
comment on function arami_db.slowest_queries(integer) is
'Slowest statements of this database; empty, with a notice, without pg_stat_statements.';
