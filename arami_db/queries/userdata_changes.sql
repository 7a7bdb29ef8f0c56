-- How many rows this transaction has deleted and changed so far, of which tables.
select
    coalesce(pg_catalog.pg_partition_root(s.relid), s.relid)::oid as relation,
    sum(s.n_tup_del)::bigint as deleted,
    sum(s.n_tup_upd)::bigint as changed
from pg_catalog.pg_stat_xact_all_tables as s
where s.n_tup_del > 0 or s.n_tup_upd > 0
group by 1
