-- 140_type: domains, enums, ranges and base types; composite ones have columns.
-- Why: the row type, array and multirange of another object follow from it and are not stated; only
-- a comment on one is.
with stated as (
    select
        t.*,
        t.typrelid in (
            select r.oid
            from relations as r
            where r.kind <> 'type'
        ) as is_row
    from types as t
    where
        t.typsubscript <> 'pg_catalog.array_subscript_handler'::pg_catalog.regproc
        and not (
            t.typtype = 'm'
            and exists (
                select
                from pg_catalog.pg_range as g
                inner join pg_catalog.pg_type as e on g.rngtypid = e.oid
                where g.rngmultitypid = t.oid and e.typnamespace = t.typnamespace
            )
        )
)

select
    'type' as kind,
    t.object,
    p.property,
    p.value
from stated as t
left join roles as w on t.typowner = w.oid
left join pg_catalog.pg_range as g on t.oid = g.rngtypid
left join pg_catalog.pg_opclass as c on g.rngsubopc = c.oid
left join comments as d
    on d.classoid = 'pg_catalog.pg_type'::pg_catalog.regclass and t.oid = d.objoid
cross join
    lateral (
        values
        ('comment', d.description),
        ('owner', case when not t.is_row then w.label end),
        (
            'kind',
            case
                when not t.is_row
                    then
                        case t.typtype
                            when 'b' then 'base'
                            when 'c' then 'composite'
                            when 'd' then 'domain'
                            when 'e' then 'enum'
                            when 'p' then 'pseudo'
                            when 'r' then 'range'
                            else t.typtype::pg_catalog.text
                        end
            end
        ),
        (
            'base type',
            case
                when t.typtype = 'd' then pg_catalog.format_type(t.typbasetype, t.typtypmod)
            end
        ),
        ('default', t.typdefault),
        ('not null', case when t.typnotnull then 'true' end),
        ('collation', nullif(t.typcollation, 0)::pg_catalog.regcollation::pg_catalog.text),
        (
            'labels',
            (
                select
                    pg_catalog.string_agg(
                        pg_catalog.quote_literal(e.enumlabel), ', ' order by e.enumsortorder
                    )
                from pg_catalog.pg_enum as e
                where e.enumtypid = t.oid
            )
        ),
        (
            'range',
            case
                when g.rngtypid is not null
                    then
                        pg_catalog.concat_ws(
                            ', ',
                            pg_catalog.format_type(g.rngsubtype, null),
                            pg_catalog.format_type(g.rngmultitypid, null),
                            g.rngcollation::pg_catalog.regcollation,
                            c.opcname,
                            g.rngsubdiff,
                            g.rngcanonical
                        )
            end
        ),
        ('input', case when t.typtype = 'b' then t.typinput::pg_catalog.text end),
        ('output', case when t.typtype = 'b' then t.typoutput::pg_catalog.text end),
        ('storage', case when t.typtype = 'b' then t.typstorage::pg_catalog.text end)
    ) as p (property, value)
where p.value is not null
