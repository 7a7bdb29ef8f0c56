-- Every table with what the statistics say of it, and whether it is in one of the schemas; of one
-- table when it is named. Shared catalogs are left out.
-- A partitioned table's figures are those of its partitions. Autovacuum analyzes these, never it:
-- so of what autovacuum has analyzed since, every row may have changed.
select
    c.oid::bigint as id,
    n.nspname || '.' || c.relname as name,
    c.relname::text as bare_name,
    format('%%I.%%I', n.nspname, c.relname) as quoted,
    n.nspname = any(%(schemas)s::text[]) as in_schemas,
    n.nspname = 'pg_catalog' as is_catalog,
    c.relkind = 'p' as is_partitioned,
    -- On Citus: only its own C code makes such a trigger.
    exists (
        select
        from pg_catalog.pg_trigger as t
        inner join pg_catalog.pg_proc as p
            on p.oid = t.tgfoid and p.proname = 'citus_truncate_trigger'
        where t.tgrelid = c.oid and t.tgisinternal
    ) as is_distributed,
    array(
        select a.relid::oid::bigint from pg_catalog.pg_partition_ancestors(c.oid) as a (relid)
        where c.relispartition
    ) as ancestors,
    f.live,
    case when c.relkind = 'p' then 0 else pg_catalog.pg_stat_get_dead_tuples(c.oid) end as dead,
    pg_catalog.pg_stat_get_live_tuples(c.reltoastrelid) as toast_live,
    pg_catalog.pg_stat_get_dead_tuples(c.reltoastrelid) as toast_dead,
    f.modified,
    case
        when c.relkind = 'p' then 0 else pg_catalog.pg_stat_get_ins_since_vacuum(c.oid)
    end as inserted,
    pg_catalog.pg_stat_get_analyze_count(c.oid)
    + pg_catalog.pg_stat_get_autoanalyze_count(c.oid) = 0 as never_analyzed,
    pg_catalog.pg_stat_get_vacuum_count(c.oid) as vacuums,
    pg_catalog.pg_stat_get_analyze_count(c.oid) as analyzes
from pg_catalog.pg_class as c
inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
cross join lateral (
    select
        coalesce(sum(pg_catalog.pg_stat_get_live_tuples(p.relid)), 0)::bigint as live,
        coalesce(sum(
            case
                when
                    c.relkind = 'p'
                    and pg_catalog.pg_stat_get_last_autoanalyze_time(p.relid)
                    > coalesce(pg_catalog.pg_stat_get_last_analyze_time(c.oid), '-infinity')
                    then pg_catalog.pg_stat_get_live_tuples(p.relid)
                else pg_catalog.pg_stat_get_mod_since_analyze(p.relid)
            end
        ), 0)::bigint as modified
    from (
        select c.oid as relid where c.relkind <> 'p'
        union all
        select t.relid::oid from pg_catalog.pg_partition_tree(c.oid) as t
        where c.relkind = 'p' and t.isleaf
    ) as p
) as f
where
    c.relkind in ('r', 'm', 'p')
    and c.relpersistence <> 't'
    and not c.relisshared
    and (%(id)s::oid is null or c.oid = %(id)s)
order by c.relkind = 'p', n.nspname, c.relname
