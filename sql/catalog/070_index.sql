-- 070_index: indexes of our tables.
-- Why: a primary key is defined by its constraint. An index that is not valid is a failed or
-- running build.
select
    'index' as kind,
    r.object,
    p.property,
    p.value
from relations as r
inner join pg_catalog.pg_index as i on r.oid = i.indexrelid
cross join
    lateral (
        values
        (
            'definition',
            case when not i.indisprimary then pg_catalog.pg_get_indexdef(r.oid) end
        ),
        ('unique', case when i.indisunique and not i.indisprimary then 'true' end),
        ('primary', case when i.indisprimary then 'true' end),
        ('nulls not distinct', case when i.indnullsnotdistinct then 'true' end),
        ('valid', case when not i.indisvalid then 'false' end),
        ('ready', case when not i.indisready then 'false' end),
        ('live', case when not i.indislive then 'false' end),
        ('clustered', case when i.indisclustered then 'true' end),
        ('replica identity', case when i.indisreplident then 'true' end),
        (
            'statistics targets',
            case
                when i.indexprs is not null
                    then (
                        select
                            pg_catalog.string_agg(
                                pg_catalog.format('%s: %s', a.attnum, a.attstattarget),
                                ', ' order by a.attnum
                            )
                        from pg_catalog.pg_attribute as a
                        where a.attrelid = r.oid and a.attstattarget >= 0
                    )
            end
        )
    ) as p (property, value)
where p.value is not null
