-- What guards the relations of some schemas besides policies: whether row level security holds,
-- which privileges the roles of the API hold on which columns, and what runs besides: where no row is
-- touched; what may write elsewhere; what asks who is signed in; and all of it as text, by command.
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
    c.relhasrules
    or exists (
        select
        from pg_catalog.pg_trigger as t
        inner join pg_catalog.pg_proc as p on t.tgfoid = p.oid
        where t.tgrelid = c.oid
            and not t.tgisinternal
            and p.prosrc ~* '(insert|update|delete|merge|truncate|execute|perform|call|copy|select)\M'
    ) as writes,
    (
        select coalesce(json_object_agg(g.command, g.bodies), '{}')
        from (
            select
                v.command,
                string_agg(a.body, ' ') as bodies
            from (values ('insert', 4, '3'), ('update', 16, '2'), ('delete', 8, '4'))
                as v (command, bit, event)
            inner join lateral (
                select p.prosrc as body
                from pg_catalog.pg_trigger as t
                inner join pg_catalog.pg_proc as p on t.tgfoid = p.oid
                where t.tgrelid = c.oid and not t.tgisinternal and t.tgtype & v.bit <> 0
                union all
                select pg_get_ruledef(r.oid)
                from pg_catalog.pg_rewrite as r
                where r.ev_class = c.oid and r.ev_type::text = v.event
            ) as a on true
            group by v.command
        ) as g
    ) as acts,
    exists (
        select
        from pg_catalog.pg_trigger as t
        inner join pg_catalog.pg_proc as p on t.tgfoid = p.oid
        where t.tgrelid = c.oid and not t.tgisinternal and p.prosrc ~* 'jwt|setting|auth\.|request'
    )
    or exists (
        select
        from pg_catalog.pg_attrdef as d
        where d.adrelid = c.oid and pg_get_expr(d.adbin, d.adrelid) ~* 'jwt|setting|request'
    ) as asks,
    -- Whom default privileges let truncate, as a platform may set them; its API has no such request.
    array(
        select r.rolname::text
        from pg_catalog.pg_default_acl as d
        cross join aclexplode(d.defaclacl) as g
        inner join pg_catalog.pg_roles as r on g.grantee = r.oid
        where d.defaclobjtype = 'r'
            and d.defaclnamespace in (0, n.oid)
            and g.privilege_type = 'TRUNCATE'
    ) as emptied_by,
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
