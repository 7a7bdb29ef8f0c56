-- 020_relation: tables, views, sequences and composite types: properties that several kinds share.
-- Why: default values are left out, since their absence states as much. The tablespace of most of
-- the schema is the owner's choice (default_tablespace).
with usual as (
    select pg_catalog.mode() within group (order by c.reltablespace) as tablespace
    from pg_catalog.pg_class as c
    where
        c.oid in (select r.oid from relations as r)
        and c.relkind in ('r', 'p', 'm', 'i', 'I')
)

select
    r.kind,
    r.object,
    p.property,
    p.value
from relations as r
inner join pg_catalog.pg_class as c on r.oid = c.oid
cross join usual
left join roles as w on r.relowner = w.oid
left join pg_catalog.pg_am as am on c.relam = am.oid
left join pg_catalog.pg_tablespace as t on c.reltablespace = t.oid
left join comments as d
    on
        d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass
        and r.oid = d.objoid
        and d.objsubid = 0
cross join
    lateral (
        values
        ('owner', case when r.kind not in ('index', 'type') then w.label end),
        ('comment', d.description),
        (
            'persistence',
            -- An index has the owner of its table.
            case
                when r.kind = 'index' then null
                when c.relpersistence = 'u' then 'unlogged'
                when c.relpersistence = 't' then 'temporary'
            end
        ),
        ('access method', case when r.kind <> 'index' then nullif(am.amname, 'heap') end),
        (
            'tablespace',
            case
                when
                    c.reltablespace <> usual.tablespace
                    and r.kind in ('table', 'materialized view', 'index')
                    then coalesce(t.spcname, 'default')
            end
        )
    ) as p (property, value)
where p.value is not null
