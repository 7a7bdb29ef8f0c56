-- 008_dangerous_privileges: TRUNCATE, TRIGGER, REFERENCES or MAINTAIN in the hands of API roles.
-- Why: TRUNCATE empties a table past row level security and past the audit triggers; TRIGGER runs
-- code as whoever writes next; REFERENCES tells which keys exist; MAINTAIN (Postgres 17) locks.
-- Nothing the API does needs any of them.
with api (role) as (
    select 0::pg_catalog.oid
    union
    select r.oid
    from pg_catalog.pg_roles as a
    inner join pg_catalog.pg_roles as r
        on
            a.oid = r.oid
            or (not a.rolsuper and pg_catalog.pg_has_role(a.oid, r.oid, 'MEMBER'))
    where a.rolname in ('anon', 'authenticated', 'service_role', 'authenticator')
),

relations as (
    select
        c.oid,
        c.relowner,
        c.relacl,
        pg_catalog.format('%s.%I', c.relnamespace::pg_catalog.regnamespace, c.relname) as target
    from pg_catalog.pg_class as c
    where
        c.relnamespace = any(array(
            select n.oid from pg_catalog.pg_namespace as n
            where n.nspname in ('public', 'audit', 'arami_db')
        ))
        and c.relkind in ('r', 'p', 'v', 'm', 'f')
        and 'e' <> all(
            select d.deptype
            from pg_catalog.pg_depend as d
            where
                d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                and d.objid = c.oid
        )
),

grants as (
    select
        r.target as object,
        r.relowner,
        acl.grantee,
        acl.privilege_type,
        '' as columns,
        r.target
    from relations as r
    cross join lateral pg_catalog.aclexplode(r.relacl) as acl
    union all
    select
        pg_catalog.format('%s.%I', r.target, a.attname) as object,
        r.relowner,
        acl.grantee,
        acl.privilege_type,
        pg_catalog.format(' (%I)', a.attname) as columns,
        r.target
    from relations as r
    inner join pg_catalog.pg_attribute as a on r.oid = a.attrelid and not a.attisdropped
    cross join lateral pg_catalog.aclexplode(a.attacl) as acl
    where
        a.attrelid = any(array(select o.oid from relations as o))
        and a.attacl is not null
)

select
    'security' as severity,
    g.object,
    pg_catalog.format(
        '%s is granted to %s: row level security does not hold it back.',
        pg_catalog.string_agg(distinct g.privilege_type, ', '),
        coalesce(r.rolname, 'PUBLIC')
    ) as finding,
    pg_catalog.format(
        'revoke %s on table %s from %s',
        pg_catalog.string_agg(
            distinct g.privilege_type || g.columns, ', '
        ),
        g.target,
        case g.grantee when 0 then 'public' else pg_catalog.quote_ident(r.rolname) end
    ) as remedy
from grants as g
inner join api on g.grantee = api.role
left join pg_catalog.pg_roles as r on g.grantee = r.oid
where
    g.grantee <> g.relowner
    and g.privilege_type in ('TRUNCATE', 'TRIGGER', 'REFERENCES', 'MAINTAIN')
group by g.object, g.target, g.grantee, r.rolname
order by g.object, finding
