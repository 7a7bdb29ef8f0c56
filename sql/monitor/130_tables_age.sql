-- 130_tables_age: Tables with the oldest rows, against the forced vacuum.
-- labels: relation
-- gauge freeze_age: transactions since the oldest row that is not frozen
-- gauge freeze_forced_ratio: of the table's autovacuum_freeze_max_age, or the server's
-- noqa: disable=ST05
select
    format('%I.%I', n.nspname, c.relname) as relation,
    a.age as freeze_age,
    a.age::float8 / least(
        current_setting('autovacuum_freeze_max_age')::float8,
        (
            select split_part(o, '=', 2)::float8
            from unnest(c.reloptions) as o
            where o like 'autovacuum\_freeze\_max\_age=%'
        )
    ) as freeze_forced_ratio
from pg_class as c
inner join pg_namespace as n on c.relnamespace = n.oid
left join pg_class as t on c.reltoastrelid = t.oid
cross join
    lateral (
        select greatest(age(c.relfrozenxid), age(t.relfrozenxid))::bigint as age
    ) as a
where c.relkind in ('r', 'm') and c.relpersistence <> 't'
order by freeze_forced_ratio desc, c.relpages desc, relation asc
