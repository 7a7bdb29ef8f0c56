-- 110_view: the definitions of views and materialized views.
-- Why: PostgreSQL 15 writes the name of an only relation before each of its columns; it is removed,
-- so that all versions agree. Since sub-selects may use the name too, it is removed only before the
-- plain columns of the view itself, which begin a line.
select
    r.kind,
    r.object,
    p.property,
    p.value
from relations as r
cross join lateral pg_catalog.pg_get_viewdef(r.oid) as v (definition)
cross join
    lateral pg_catalog.regexp_replace(
        case
            when
                pg_catalog.current_setting('server_version_num')::pg_catalog.int4 < 160000
                and v.definition
                !~ '\n *(\(*[A-Z ]*JOIN|UNION|EXCEPT|INTERSECT)|\( SELECT|^ WITH'
                and pg_catalog.regexp_replace(v.definition, '\([^()]*\)', '', 'g')
                ~ '\n +FROM [^\n,]*(\n|;)'
                then v.definition
        end,
        '.*\n +FROM (?:ONLY )?(?:[^\s(;]+\.)?([^\s.(;]+)(?:\([^)]*\))?(?: ([^\s(;]+))?.*',
        '\1 \2'
    ) as lone (names)
cross join
    lateral pg_catalog.substring(
        case
            when
                pg_catalog.current_setting('server_version_num')::pg_catalog.int4 < 160000
                and v.definition ~ '\( SELECT'
                and v.definition !~ '^ WITH|\n(UNION|EXCEPT|INTERSECT)'
                then v.definition
        end,
        '\n   FROM (?:[^\s(]+\.)?[^\s(]+ ([a-z_0-9$]+);$'
    ) as outermost (alias)
cross join
    lateral (
        values
        (
            'definition',
            case
                when outermost.alias is not null
                    then
                        pg_catalog.regexp_replace(
                            v.definition,
                            pg_catalog.format('(^ SELECT |\n    )%s\.(?=[a-z_"])', outermost.alias),
                            '\1',
                            'g'
                        )
                when lone.names ~ '^[a-z_0-9$]+ [a-z_0-9$]*$'
                    then
                        pg_catalog.regexp_replace(
                            v.definition,
                            pg_catalog.concat(
                                '\m',
                                coalesce(
                                    nullif(pg_catalog.split_part(lone.names, ' ', 2), ''),
                                    pg_catalog.split_part(lone.names, ' ', 1)
                                ),
                                '\.(?=[a-z_"])'
                            ),
                            '',
                            'g'
                        )
                else coalesce(v.definition, '')
            end
        ),
        (
            'populated',
            case
                when r.kind = 'materialized view'
                    then (
                        select c.relispopulated::pg_catalog.text
                        from pg_catalog.pg_class as c
                        where c.oid = r.oid
                    )
            end
        )
    ) as p (property, value)
where r.kind in ('view', 'materialized view') and p.value is not null
