-- The policies of all tables outside the platform's own schemas, as Postgres writes them.
select
    n.nspname::text as schema,
    c.relname::text as relation,
    p.polname::text as name,
    case p.polcmd
        when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update'
        when 'd' then 'delete' else 'all'
    end as command,
    p.polpermissive as permissive,
    array(
        select coalesce(pg_catalog.pg_get_userbyid(nullif(r.role, 0)), 'public')::text as name
        from unnest(p.polroles) as r (role)
        order by name
    ) as roles,
    pg_catalog.pg_get_expr(p.polqual, p.polrelid) as condition,
    pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) as condition_of_new
from pg_catalog.pg_policy as p
inner join pg_catalog.pg_class as c on p.polrelid = c.oid
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
order by schema, relation, name
