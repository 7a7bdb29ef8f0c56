-- 180_collation: collations and conversions in our schemas.
-- Why: a collation's version is the server's, and what has no value on a version is not stated.
-- The first arm of a union names the columns.
-- noqa: disable=AL03
with named as (
    select
        'collation' as kind,
        'pg_catalog.pg_collation'::pg_catalog.regclass as classid,
        c.oid,
        c.collnamespace as namespace,
        c.collname as name,
        c.collowner as owner,
        pg_catalog.concat_ws(
            ', ',
            'provider ' || c.collprovider::pg_catalog.text,
            'deterministic ' || c.collisdeterministic::pg_catalog.text,
            'encoding ' || c.collencoding::pg_catalog.text,
            'collate ' || c.collcollate,
            'ctype ' || c.collctype,
            -- Another name in 15 and 16, and rules since 16.
            'locale '
            || coalesce(
                pg_catalog.to_jsonb(c) ->> 'colllocale', pg_catalog.to_jsonb(c) ->> 'colliculocale'
            ),
            'rules ' || (pg_catalog.to_jsonb(c) ->> 'collicurules')
        ) as definition
    from pg_catalog.pg_collation as c
    where c.collnamespace in (select s.oid from schemas as s)
    union all
    select
        'conversion',
        'pg_catalog.pg_conversion'::pg_catalog.regclass,
        c.oid,
        c.connamespace,
        c.conname,
        c.conowner,
        pg_catalog.format(
            '%s to %s by %s, default %s',
            c.conforencoding,
            c.contoencoding,
            c.conproc,
            c.condefault
        )
    from pg_catalog.pg_conversion as c
    where c.connamespace in (select s.oid from schemas as s)
)

select
    o.kind,
    pg_catalog.format('%s.%I', o.namespace::pg_catalog.regnamespace, o.name) as object,
    p.property,
    p.value
from named as o
left join roles as w on o.owner = w.oid
left join comments as d on o.classid = d.classoid and o.oid = d.objoid
cross join
    lateral (
        values
        ('owner', w.label),
        ('comment', d.description),
        ('definition', o.definition)
    ) as p (property, value)
where
    p.value is not null
    and not exists (
        select
        from members as m
        where m.classid = o.classid and m.objid = o.oid
    )
