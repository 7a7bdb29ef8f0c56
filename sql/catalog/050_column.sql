-- 050_column: columns of tables, views and composite types.
-- Why: attmissingval and attndims depend on history: two equal tables may differ in them. Only
-- options that DDL can set are stated, by name: PostgreSQL 15.20 has an internal one (pg_attver).
select
    'column' as kind,
    pg_catalog.format('%s.%I', r.object, a.attname) as object,
    p.property,
    p.value
from relations as r
inner join pg_catalog.pg_attribute as a on r.oid = a.attrelid
inner join pg_catalog.pg_type as t on a.atttypid = t.oid
left join pg_catalog.pg_attrdef as x on a.attrelid = x.adrelid and a.attnum = x.adnum
left join comments as d
    on
        d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass
        and a.attrelid = d.objoid
        and a.attnum = d.objsubid
cross join
    lateral (
        values
        ('type', pg_catalog.format_type(a.atttypid, a.atttypmod)),
        ('default', pg_catalog.pg_get_expr(x.adbin, x.adrelid)),
        ('not null', case when a.attnotnull then 'true' end),
        ('comment', d.description),
        (
            'collation',
            case
                when a.attcollation <> t.typcollation
                    then a.attcollation::pg_catalog.regcollation::pg_catalog.text
            end
        ),
        ('generated kind', case a.attgenerated when 's' then 'stored' when 'v' then 'virtual' end),
        ('identity', case a.attidentity when 'a' then 'always' when 'd' then 'by default' end),
        (
            'storage',
            case
                when a.attstorage <> t.typstorage
                    then
                        case a.attstorage
                            when 'p' then 'plain'
                            when 'e' then 'external'
                            when 'x' then 'extended'
                            else 'main'
                        end
            end
        ),
        ('compression', nullif(a.attcompression::pg_catalog.text, '')),
        (
            'statistics target',
            case when a.attstattarget >= 0 then a.attstattarget::pg_catalog.text end
        ),
        ('foreign options', pg_catalog.array_to_string(a.attfdwoptions, ', '))
    ) as p (property, value)
where
    r.kind not in ('index', 'sequence')
    and a.attnum > 0
    and not a.attisdropped
    and p.value is not null
union all
select
    'column' as kind,
    pg_catalog.format('%s.%I', r.object, a.attname) as object,
    pg_catalog.concat('option ', o.option_name) as property,
    o.option_value as value
from relations as r
inner join pg_catalog.pg_attribute as a on r.oid = a.attrelid
cross join lateral pg_catalog.pg_options_to_table(a.attoptions) as o
where
    r.kind <> 'index'
    and not a.attisdropped
    and a.attoptions is not null
    and o.option_name in ('n_distinct', 'n_distinct_inherited')
