-- 120_sequence: the parameters of sequences, without their present values.
-- Why: the sequence of an identity column has no owner stated, since it belongs to the column.
select
    'sequence' as kind,
    r.object,
    p.property,
    p.value
from pg_catalog.pg_sequence as q
inner join relations as r on q.seqrelid = r.oid
left join pg_catalog.pg_depend as d
    on
        d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
        and r.oid = d.objid
        and d.refobjsubid > 0
        and d.deptype = 'a'
cross join
    lateral (
        values
        ('type', nullif(pg_catalog.format_type(q.seqtypid, null), 'bigint')),
        ('start', nullif(q.seqstart, 1)::pg_catalog.text),
        ('increment', nullif(q.seqincrement, 1)::pg_catalog.text),
        ('minimum', nullif(q.seqmin, 1)::pg_catalog.text),
        ('maximum', nullif(q.seqmax, 9223372036854775807)::pg_catalog.text),
        ('cache', nullif(q.seqcache, 1)::pg_catalog.text),
        ('cycle', case when q.seqcycle then 'true' end),
        (
            'owned by',
            (pg_catalog.pg_identify_object(d.refclassid, d.refobjid, d.refobjsubid)).identity
        )
    ) as p (property, value)
where p.value is not null
