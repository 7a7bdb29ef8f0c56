-- What guards the relations of some schemas besides policies: whether row level security holds,
-- which privileges the roles of the API hold on which columns, and whether something of the
-- relation's own runs where no row is touched.
select
    n.nspname::text as schema,
    c.relname::text as name,
    c.relrowsecurity as is_secured,
    exists (
        select
        from pg_catalog.pg_trigger as t
        where t.tgrelid = c.oid and not t.tgisinternal and t.tgtype & 1 = 0
    )
    or c.relhasrules as has_hooks,
    (
        select coalesce(json_object_agg(g.key, g.columns), '{}')
        from (
            select
                r.rolname || ' ' || v.privilege as key,
                json_agg(a.attname order by a.attnum) as columns
            from pg_catalog.pg_roles as r
            cross join (values ('select'), ('insert'), ('update'), ('delete')) as v (privilege)
            inner join pg_catalog.pg_attribute as a
                on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            where r.rolname in ('anon', 'authenticated', 'service_role')
                and has_schema_privilege(r.oid, n.oid, 'usage')
                and case
                    when v.privilege = 'delete' then has_table_privilege(r.oid, c.oid, 'delete')
                    else has_column_privilege(r.oid, c.oid, a.attnum, v.privilege)
                end
            group by r.rolname, v.privilege
        ) as g
    ) as granted
from pg_catalog.pg_class as c
inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where n.nspname = any(%(schemas)s::text [])
    and c.relkind in ('r', 'p', 'v', 'm', 'f')
