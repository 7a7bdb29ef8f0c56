-- The tables that Citus distributes, and what it keeps on this machine for parts of them.
-- Why: a table is a shard only if Citus has a record of it on this machine. One that merely has the
-- name of a shard is an application's. Asked before catalog/ and checks/, which run where Citus's
-- tables are not, and so cannot name them.
with shard as (
    select c.oid
    from pg_catalog.pg_dist_shard as s
    inner join pg_catalog.pg_dist_placement as p on s.shardid = p.shardid
    inner join pg_catalog.pg_dist_local_group as here on p.groupid = here.groupid
    inner join pg_catalog.pg_class as its on s.logicalrelid = its.oid
    cross join
        lateral pg_catalog.parse_ident(
            pg_catalog.shard_name(s.logicalrelid, s.shardid)
        ) as called (name)
    inner join pg_catalog.pg_class as c
        on
            its.relnamespace = c.relnamespace
            and its.relkind = c.relkind
            and c.relname = called.name[pg_catalog.cardinality(called.name)]
)

select
    array(
        select p.logicalrelid::pg_catalog.oid from pg_catalog.pg_dist_partition as p
        where p.partmethod <> 'n' or p.repmodel = 't'
    )::pg_catalog.text as distributed,
    array(
        select s.oid from shard as s
        union all
        select i.indexrelid
        from pg_catalog.pg_index as i
        inner join shard as s on i.indrelid = s.oid
        union all
        select t.oid
        from pg_catalog.pg_type as t
        left join pg_catalog.pg_type as element on t.typelem = element.oid
        inner join shard as s on s.oid in (t.typrelid, element.typrelid)
    )::pg_catalog.text as shards
