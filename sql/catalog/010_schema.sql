-- 010_schema: the owner and the comment of each schema.
-- Why: schema public belongs to the platform, so its owner is stated only if it is another role.
select
    'schema' as kind,
    s.object,
    p.property,
    p.value
from schemas as s
left join roles as w on s.nspowner = w.oid
left join comments as d
    on d.classoid = 'pg_catalog.pg_namespace'::pg_catalog.regclass and s.oid = d.objoid
cross join
    lateral (
        values
        ('owner', case when s.name = 'public' and w.is_platform then 'owner' else w.label end),
        ('comment', d.description)
    ) as p (property, value)
where p.value is not null
