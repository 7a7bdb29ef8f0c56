-- 160_operator: operators in our schemas.
select
    'operator' as kind,
    pg_catalog.format(
        '%s.%s(%s,%s)',
        o.oprnamespace::pg_catalog.regnamespace,
        o.oprname,
        coalesce(pg_catalog.format_type(nullif(o.oprleft, 0), null), 'none'),
        pg_catalog.format_type(o.oprright, null)
    ) as object,
    p.property,
    p.value
from pg_catalog.pg_operator as o
left join roles as w on o.oprowner = w.oid
left join comments as d
    on d.classoid = 'pg_catalog.pg_operator'::pg_catalog.regclass and o.oid = d.objoid
cross join
    lateral (
        values
        ('owner', w.label),
        ('comment', d.description),
        (
            'definition',
            pg_catalog.format(
                '%s by %s, commutator %s, negator %s, estimated by %s and %s, merges %s, hashes %s',
                pg_catalog.format_type(o.oprresult, null),
                o.oprcode::pg_catalog.oid::pg_catalog.regprocedure,
                nullif(o.oprcom, 0)::pg_catalog.regoperator,
                nullif(o.oprnegate, 0)::pg_catalog.regoperator,
                o.oprrest,
                o.oprjoin,
                o.oprcanmerge,
                o.oprcanhash
            )
        )
    ) as p (property, value)
where
    o.oprnamespace in (select s.oid from schemas as s)
    and o.oid not in (
        select m.objid
        from members as m
        where m.classid = 'pg_catalog.pg_operator'::pg_catalog.regclass
    )
    and p.value is not null
