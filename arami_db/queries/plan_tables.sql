-- Tables and materialized views of the target by the statistics that it keeps: nothing is locked
-- but the catalog. Pages and rows are those of the last vacuum or analyze, and rows also as counted
-- since; null where nobody has looked yet.
select
    quote_ident(n.nspname) || '.' || quote_ident(c.relname) as name,
    (greatest(c.relpages, 0) + coalesce(t.relpages, 0))::bigint
    * current_setting('block_size')::bigint as heap_bytes,
    coalesce((
        select sum(x.relpages)
        from pg_catalog.pg_index as i
        inner join pg_catalog.pg_class as x on i.indexrelid = x.oid
        where i.indrelid = c.oid
    ), 0)::bigint * current_setting('block_size')::bigint as index_bytes,
    case
        when c.reltuples < 0 and coalesce(s.n_live_tup, 0) = 0 then null
        else greatest(c.reltuples, s.n_live_tup)::bigint
    end as live_rows,
    coalesce(s.n_dead_tup, 0) as dead_rows,
    greatest(s.last_vacuum, s.last_autovacuum)::text as last_vacuum,
    coalesce(s.seq_scan, 0) + coalesce(s.idx_scan, 0) as reads,
    coalesce(s.n_tup_ins + s.n_tup_upd + s.n_tup_del, 0) as writes,
    (
        select count(*)
        from pg_catalog.pg_index as i
        where i.indrelid = c.oid
    ) as indexes,
    exists (
        select
        from pg_catalog.pg_locks as l
        inner join pg_catalog.pg_database as d on l.database = d.oid
        inner join pg_catalog.pg_stat_activity as a on l.pid = a.pid
        where
            l.relation = c.oid
            and d.datname = current_database()
            and l.mode = 'ShareUpdateExclusiveLock'
            and case
                when a.backend_type is not null
                    then
                        a.backend_type = 'autovacuum worker'
                        and a.query like '%to prevent wraparound%'
                -- The type is hidden: assume it, if the table is old enough.
                else
                    age(c.relfrozenxid)
                    > current_setting('autovacuum_freeze_max_age')::integer
                    or mxid_age(c.relminmxid)
                    > current_setting('autovacuum_multixact_freeze_max_age')::integer
            end
    ) as prevents_wraparound
from pg_catalog.pg_class as c
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
left join pg_catalog.pg_class as t on c.reltoastrelid = t.oid
left join pg_catalog.pg_stat_all_tables as s on c.oid = s.relid
where
    c.relkind in ('r', 'p', 'm')
    and n.nspname !~ '^pg_'
    and n.nspname <> 'information_schema'
