-- What the statistics of all machines say of the parts of distributed tables, added up; asked on
-- Citus only. Oids are each machine's own, so that a table is known by its name.
select
    s.name,
    sum(s.live)::bigint as live,
    sum(s.dead)::bigint as dead,
    coalesce(sum(s.toast_live), 0)::bigint as toast_live,
    coalesce(sum(s.toast_dead), 0)::bigint as toast_dead,
    sum(s.modified)::bigint as modified,
    sum(s.inserted)::bigint as inserted,
    bool_and(s.never_analyzed) as never_analyzed,
    sum(s.vacuums)::bigint as vacuums,
    sum(s.analyzes)::bigint as analyzes
from run_command_on_all_nodes($$
with part as (
    select pg_catalog.format('%I.%I', n.nspname, its.relname) as name, c.oid, c.reltoastrelid
    from pg_catalog.pg_dist_shard as s
    inner join pg_catalog.pg_dist_placement as p on s.shardid = p.shardid
    inner join pg_catalog.pg_dist_local_group as here on p.groupid = here.groupid
    inner join pg_catalog.pg_class as its on its.oid = s.logicalrelid
    inner join pg_catalog.pg_namespace as n on n.oid = its.relnamespace
    cross join lateral pg_catalog.parse_ident(
        pg_catalog.shard_name(s.logicalrelid, s.shardid)
    ) as called (name)
    inner join pg_catalog.pg_class as c
        on
            c.relnamespace = its.relnamespace
            and c.relname = called.name[pg_catalog.cardinality(called.name)]
)
select coalesce(pg_catalog.json_agg(s), '[]') from (
    select
        part.name,
        pg_catalog.sum(pg_catalog.pg_stat_get_live_tuples(part.oid)) as live,
        pg_catalog.sum(pg_catalog.pg_stat_get_dead_tuples(part.oid)) as dead,
        pg_catalog.sum(pg_catalog.pg_stat_get_live_tuples(part.reltoastrelid)) as toast_live,
        pg_catalog.sum(pg_catalog.pg_stat_get_dead_tuples(part.reltoastrelid)) as toast_dead,
        pg_catalog.sum(pg_catalog.pg_stat_get_mod_since_analyze(part.oid)) as modified,
        pg_catalog.sum(pg_catalog.pg_stat_get_ins_since_vacuum(part.oid)) as inserted,
        pg_catalog.bool_and(
            pg_catalog.pg_stat_get_analyze_count(part.oid)
            + pg_catalog.pg_stat_get_autoanalyze_count(part.oid) = 0
        ) as never_analyzed,
        pg_catalog.sum(pg_catalog.pg_stat_get_vacuum_count(part.oid)) as vacuums,
        pg_catalog.sum(pg_catalog.pg_stat_get_analyze_count(part.oid)) as analyzes
    from part
    group by part.name
) as s
$$) as a
cross join lateral json_to_recordset(case when a.success then a.result::json end) as s (
    name text, live bigint, dead bigint, toast_live bigint, toast_dead bigint, modified bigint,
    inserted bigint, never_analyzed boolean, vacuums bigint, analyzes bigint
)
group by s.name
