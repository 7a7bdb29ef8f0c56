-- How many rows of a table belong to the sessions to be moved; their bytes as stored, compressed
-- and in TOAST, and those of the indexes that they will need. A row's header and pointer take 28
-- bytes. Bytes by a random share of the sessions: the sizes of values are known without reading them.
with found as (
    select
        count(*) as rows,
        sum(
            case
                when uuid_hash(s.id) < 2 ^ 32 * %(share)s - 2 ^ 31
                    then ({size})::double precision
            end
        ) / %(share)s as bytes
    from {child} as c
    inner join {sessions} as s on {belongs}
    where
        (%(sessions)s::uuid [] is null or s.id = any(%(sessions)s::uuid []))
        and (%(user)s::uuid is null or s.user_id = %(user)s::uuid)
        and (%(since)s::timestamptz is null or s.created_at >= %(since)s::timestamptz)
        and (%(until)s::timestamptz is null or s.created_at < %(until)s::timestamptz)
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
