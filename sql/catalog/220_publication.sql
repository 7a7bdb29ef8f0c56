-- 220_publication: publications with our tables: a subscriber receives every row of them.
-- The first arm of a union names the columns.
-- noqa: disable=AL03
with published as (
    select
        l.prpubid as publication,
        pg_catalog.concat('table ', r.object) as property,
        pg_catalog.concat_ws(
            ' where ',
            coalesce(
                (
                    select
                        pg_catalog.string_agg(
                            pg_catalog.quote_ident(a.attname), ', ' order by a.attnum
                        )
                    from pg_catalog.pg_attribute as a
                    where a.attrelid = r.oid and a.attnum = any(l.prattrs)
                ),
                'all columns'
            ),
            pg_catalog.pg_get_expr(l.prqual, l.prrelid)
        ) as value
    from pg_catalog.pg_publication_rel as l
    inner join relations as r on l.prrelid = r.oid
    union all
    select
        l.pnpubid,
        pg_catalog.concat('schema ', s.object),
        'all tables'
    from pg_catalog.pg_publication_namespace as l
    inner join schemas as s on l.pnnspid = s.oid
)

select
    'publication' as kind,
    pg_catalog.quote_ident(b.pubname) as object,
    p.property,
    p.value
from pg_catalog.pg_publication as b
left join roles as w on b.pubowner = w.oid
left join comments as d
    on d.classoid = 'pg_catalog.pg_publication'::pg_catalog.regclass and b.oid = d.objoid
cross join
    lateral (
        values
        ('owner', w.label),
        ('comment', d.description),
        (
            'operations',
            pg_catalog.concat_ws(
                ', ',
                case when b.pubinsert then 'insert' end,
                case when b.pubupdate then 'update' end,
                case when b.pubdelete then 'delete' end,
                case when b.pubtruncate then 'truncate' end
            )
        ),
        ('all tables', case when b.puballtables then 'true' end),
        ('via root', case when b.pubviaroot then 'true' end),
        -- A column of PostgreSQL 18 and newer.
        ('generated columns', nullif(pg_catalog.to_jsonb(b) ->> 'pubgencols', 'n'))
    ) as p (property, value)
where
    p.value is not null
    and (b.puballtables or b.oid in (select l.publication from published as l))
union all
select
    'publication' as kind,
    pg_catalog.quote_ident(b.pubname) as object,
    l.property,
    l.value
from published as l
inner join pg_catalog.pg_publication as b on l.publication = b.oid
