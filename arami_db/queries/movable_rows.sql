-- How many rows of a table belong to the sessions to be moved; their bytes as stored, compressed and
-- in TOAST, and those of what indexes they will need. A row's header and pointer take 28 bytes.
-- By a random sample of 100,000 sessions: the sizes of values are known without reading them.
with chosen as materialized (
    select s.id
    from {sessions} as s
    where
        (%(sessions)s::uuid [] is null or s.id = any(%(sessions)s::uuid []))
        and (%(user)s::uuid is null or s.user_id = %(user)s::uuid)
        and (%(since)s::timestamptz is null or s.created_at >= %(since)s::timestamptz)
        and (%(until)s::timestamptz is null or s.created_at < %(until)s::timestamptz)
),

sample as materialized (
    select c.id
    from chosen as c
    order by uuid_hash(c.id)
    limit 100000
),

found as (
    select
        (
            select count(*)
            from {child} as c
            where exists (select from chosen as s where s.id = c.{session})
        ) as rows,
        (
            select sum({size})::double precision
            from {child} as c
            where exists (select from sample as s where s.id = c.{session})
        )
        * (select count(*) from chosen)
        / nullif((select count(*) from sample), 0) as bytes
)

select
    f.rows,
    coalesce(f.bytes, 0),
    coalesce(
        f.bytes * (
            select sum(pg_indexes_size(t.id)) / nullif(sum(pg_table_size(t.id)), 0)
            from (
                select {name}::regclass::oid as id
                union
                select p.relid::oid from pg_catalog.pg_partition_tree({name}::regclass) as p
            ) as t
        ), 0
    )
from found as f
