-- Every foreign key there is: a row of one table refers to a row of another.
select
    k.conname::text as name,
    coalesce(pg_partition_root(k.conrelid), k.conrelid)::oid as child,
    coalesce(pg_partition_root(k.confrelid), k.confrelid)::oid as parent,
    array(
        select a.attname::text
        from unnest(k.conkey) with ordinality as u (attnum, place)
        inner join pg_attribute as a on k.conrelid = a.attrelid and u.attnum = a.attnum
        order by u.place
    ) as columns,
    array(
        select a.attname::text
        from unnest(k.confkey) with ordinality as u (attnum, place)
        inner join pg_attribute as a on k.confrelid = a.attrelid and u.attnum = a.attnum
        order by u.place
    ) as parent_columns,
    -- What is not enforced (since Postgres 18) has no action: its rows are ours to delete.
    case
        when coalesce((to_jsonb(k) ->> 'conenforced')::boolean, true) then k.confdeltype::text
        else 'a'
    end as action
from pg_constraint as k
where k.contype = 'f' and k.conparentid = 0
order by k.conrelid, k.conname
