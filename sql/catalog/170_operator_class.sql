-- 170_operator_class: operator classes and families in our schemas.
-- The first arm of a union names the columns.
-- noqa: disable=AL03
with named as (
    select
        'operator class' as kind,
        'pg_catalog.pg_opclass'::pg_catalog.regclass as classid,
        o.oid,
        o.opcnamespace as namespace,
        o.opcname as name,
        o.opcowner as owner,
        pg_catalog.format(
            'for %s, default %s, stores %s',
            pg_catalog.format_type(o.opcintype, null),
            o.opcdefault,
            pg_catalog.format_type(nullif(o.opckeytype, 0), null)
        ) as definition
    from pg_catalog.pg_opclass as o
    where o.opcnamespace in (select s.oid from schemas as s)
    union all
    select
        'operator family',
        'pg_catalog.pg_opfamily'::pg_catalog.regclass,
        f.oid,
        f.opfnamespace,
        f.opfname,
        f.opfowner,
        pg_catalog.concat_ws(
            '; ',
            (
                select a.amname
                from pg_catalog.pg_am as a
                where a.oid = f.opfmethod
            ),
            (
                select
                    pg_catalog.string_agg(
                        pg_catalog.format(
                            '%s %s', o.amopstrategy, o.amopopr::pg_catalog.regoperator
                        ),
                        ', '
                        order by o.amopstrategy, o.amopopr::pg_catalog.regoperator::pg_catalog.text
                    )
                from pg_catalog.pg_amop as o
                where o.amopfamily = f.oid
            ),
            (
                select
                    pg_catalog.string_agg(
                        pg_catalog.format(
                            '%s %s',
                            o.amprocnum,
                            o.amproc::pg_catalog.oid::pg_catalog.regprocedure
                        ),
                        ', '
                        order by
                            o.amprocnum,
                            o.amproc::pg_catalog.oid::pg_catalog.regprocedure::pg_catalog.text
                    )
                from pg_catalog.pg_amproc as o
                where o.amprocfamily = f.oid
            )
        )
    from pg_catalog.pg_opfamily as f
    where f.opfnamespace in (select s.oid from schemas as s)
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
