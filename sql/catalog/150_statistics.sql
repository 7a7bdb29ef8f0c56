-- 150_statistics: extended statistics of our tables, or in our schemas.
select
    'statistics' as kind,
    pg_catalog.format('%s.%I', x.stxnamespace::pg_catalog.regnamespace, x.stxname) as object,
    p.property,
    p.value
from pg_catalog.pg_statistic_ext as x
left join roles as w on x.stxowner = w.oid
left join comments as d
    on d.classoid = 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass and x.oid = d.objoid
cross join
    lateral (
        values
        ('owner', w.label),
        ('comment', d.description),
        ('definition', pg_catalog.pg_get_statisticsobjdef(x.oid)),
        -- Null is the default since PostgreSQL 17, -1 before.
        ('target', case when x.stxstattarget >= 0 then x.stxstattarget::pg_catalog.text end)
    ) as p (property, value)
where
    p.value is not null
    and (
        x.stxrelid in (select r.oid from relations as r)
        or x.stxnamespace in (select s.oid from schemas as s)
    )
