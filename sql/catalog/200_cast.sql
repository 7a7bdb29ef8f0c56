-- 200_cast: casts, except those from or to a type in a schema of others.
select
    'cast' as kind,
    pg_catalog.format(
        '(%s as %s)',
        pg_catalog.format_type(c.castsource, null),
        pg_catalog.format_type(c.casttarget, null)
    ) as object,
    p.property,
    p.value
from pg_catalog.pg_cast as c
left join comments as d
    on d.classoid = 'pg_catalog.pg_cast'::pg_catalog.regclass and c.oid = d.objoid
cross join
    lateral (
        values
        (
            'context',
            case c.castcontext
                when 'i' then 'implicit'
                when 'a' then 'assignment'
                else 'explicit'
            end
        ),
        ('method', c.castmethod::pg_catalog.text),
        ('function', nullif(c.castfunc, 0)::pg_catalog.regprocedure::pg_catalog.text),
        ('comment', d.description)
    ) as p (property, value)
where
    c.oid >= 16384
    and p.value is not null
    and c.oid not in (
        select m.objid
        from members as m
        where m.classid = 'pg_catalog.pg_cast'::pg_catalog.regclass
    )
    and not exists (
        select
        from pg_catalog.pg_type as t
        where
            t.oid in (c.castsource, c.casttarget)
            and t.typnamespace <> 'pg_catalog'::pg_catalog.regnamespace
            and t.typnamespace not in (select s.oid from schemas as s)
    )
