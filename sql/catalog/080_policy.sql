-- 080_policy: row level security policies.
select
    'policy' as kind,
    pg_catalog.format('%s.%I', r.object, y.polname) as object,
    p.property,
    p.value
from pg_catalog.pg_policy as y
inner join relations as r on y.polrelid = r.oid
left join comments as d
    on d.classoid = 'pg_catalog.pg_policy'::pg_catalog.regclass and y.oid = d.objoid
cross join
    lateral (
        values
        ('permissive', y.polpermissive::pg_catalog.text),
        (
            'command',
            case y.polcmd
                when 'r' then 'select'
                when 'a' then 'insert'
                when 'w' then 'update'
                when 'd' then 'delete'
                else 'all'
            end
        ),
        (
            'roles',
            (
                select pg_catalog.string_agg(g.label, ', ' order by g.label)
                from roles as g
                where g.oid = any(y.polroles)
            )
        ),
        ('using', pg_catalog.pg_get_expr(y.polqual, y.polrelid)),
        ('with check', pg_catalog.pg_get_expr(y.polwithcheck, y.polrelid)),
        ('comment', d.description)
    ) as p (property, value)
where p.value is not null
