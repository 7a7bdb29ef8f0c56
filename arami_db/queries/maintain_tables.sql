-- Every table of the schema with what the statistics say of it.
select
    s.relid::bigint as id,
    s.schemaname || '.' || s.relname as name,
    format('%%I.%%I', s.schemaname, s.relname) as quoted,
    s.n_live_tup as live,
    s.n_dead_tup as dead,
    s.n_mod_since_analyze as modified,
    s.n_ins_since_vacuum as inserted,
    s.analyze_count + s.autoanalyze_count = 0 as never_analyzed,
    s.vacuum_count as vacuums,
    s.analyze_count as analyzes
from pg_catalog.pg_stat_user_tables as s
where s.schemaname in ('public', 'audit', 'arami_db') and (%(id)s::oid is null or s.relid = %(id)s)
order by s.schemaname, s.relname
