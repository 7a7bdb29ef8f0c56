-- 007_granted_to_anon: anything granted to anon, to PUBLIC, or to a role anon belongs to.
-- Why: nothing here is for people who have not signed in; what PUBLIC may do, anon may. Usage of
-- schema public and of types, PUBLIC's by default, opens nothing and is left alone; execution of a
-- new function is PUBLIC's by default too, and is reported. anon inside authenticated is reported
-- once, by environment_memberships, not once an object.
with anyone (role) as (
    select 0::pg_catalog.oid
    union
    select r.oid
    from pg_catalog.pg_roles as a
    inner join pg_catalog.pg_roles as r
        on
            a.oid = r.oid
            or (
                not a.rolsuper
                and r.rolname not in ('authenticated', 'service_role', 'authenticator')
                and pg_catalog.pg_has_role(a.oid, r.oid, 'MEMBER')
            )
    where a.rolname = 'anon'
),

relations as (
    select
        c.oid,
        c.relowner,
        c.relacl,
        case c.relkind when 'S' then 'sequence' else 'table' end as kind,
        pg_catalog.format('%s.%I', c.relnamespace::pg_catalog.regnamespace, c.relname) as object
    from pg_catalog.pg_class as c
    where
        c.relnamespace = any(array(
            select n.oid from pg_catalog.pg_namespace as n
            where n.nspname in ('public', 'audit', 'arami_db')
        ))
        and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
        and 'e' <> all(
            select d.deptype
            from pg_catalog.pg_depend as d
            where
                d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                and d.objid = c.oid
        )
),

routines as (
    select
        p.proowner,
        p.proacl,
        pg_catalog.format(
            '%s.%I(%s)',
            p.pronamespace::pg_catalog.regnamespace,
            p.proname,
            pg_catalog.oidvectortypes(p.proargtypes)
        ) as object
    from pg_catalog.pg_proc as p
    where
        p.pronamespace = any(array(
            select n.oid from pg_catalog.pg_namespace as n
            where n.nspname in ('public', 'audit', 'arami_db')
        ))
        and 'e' <> all(
            select d.deptype
            from pg_catalog.pg_depend as d
            where
                d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
                and d.objid = p.oid
        )
),

grants as (
    select
        r.kind,
        r.object,
        r.relowner as owner,
        acl.grantee,
        acl.privilege_type,
        '' as columns
    from relations as r
    cross join lateral pg_catalog.aclexplode(r.relacl) as acl
    union all
    select
        'column' as kind,
        pg_catalog.format('%s.%I', r.object, a.attname) as object,
        r.relowner,
        acl.grantee,
        acl.privilege_type,
        pg_catalog.format('(%I) on table %s', a.attname, r.object) as columns
    from relations as r
    inner join pg_catalog.pg_attribute as a on r.oid = a.attrelid and not a.attisdropped
    cross join lateral pg_catalog.aclexplode(a.attacl) as acl
    where
        a.attrelid = any(array(select o.oid from relations as o))
        and a.attacl is not null
    union all
    select
        'routine' as kind,
        p.object,
        p.proowner,
        acl.grantee,
        acl.privilege_type,
        '' as columns
    from routines as p
    cross join
        lateral pg_catalog.aclexplode(
            coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))
        ) as acl
    union all
    select
        'type' as kind,
        pg_catalog.format('%s.%I', t.typnamespace::pg_catalog.regnamespace, t.typname) as object,
        t.typowner,
        acl.grantee,
        acl.privilege_type,
        '' as columns
    from pg_catalog.pg_type as t
    cross join lateral pg_catalog.aclexplode(t.typacl) as acl
    where
        t.typnamespace = any(array(
            select n.oid from pg_catalog.pg_namespace as n
            where n.nspname in ('public', 'audit', 'arami_db')
        ))
        and acl.grantee <> 0
        and 'e' <> all(
            select d.deptype
            from pg_catalog.pg_depend as d
            where
                d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass
                and d.objid = t.oid
        )
    union all
    select
        'schema' as kind,
        pg_catalog.quote_ident(n.nspname) as object,
        n.nspowner,
        acl.grantee,
        acl.privilege_type,
        '' as columns
    from pg_catalog.pg_namespace as n
    cross join lateral pg_catalog.aclexplode(n.nspacl) as acl
    where
        n.nspname in ('audit', 'arami_db')
        or (n.nspname = 'public' and acl.privilege_type = 'CREATE')
    union all
    select
        'database' as kind,
        pg_catalog.quote_ident(b.datname) as object,
        b.datdba,
        acl.grantee,
        acl.privilege_type,
        '' as columns
    from pg_catalog.pg_database as b
    cross join lateral pg_catalog.aclexplode(b.datacl) as acl
    where b.datname = pg_catalog.current_database() and acl.privilege_type = 'CREATE'
)

select
    'security' as severity,
    g.object,
    pg_catalog.format(
        '%s on this %s is granted to %s: people who have not signed in hold it.',
        pg_catalog.string_agg(distinct g.privilege_type, ', '),
        g.kind,
        coalesce(r.rolname, 'PUBLIC')
    ) as finding,
    pg_catalog.format(
        'revoke all %s from %s',
        case g.columns
            when '' then pg_catalog.format('on %s %s', g.kind, g.object)
            else g.columns
        end,
        case g.grantee when 0 then 'public' else pg_catalog.quote_ident(r.rolname) end
    ) as remedy
from grants as g
inner join anyone on g.grantee = anyone.role
left join pg_catalog.pg_roles as r on g.grantee = r.oid
where
    g.grantee <> g.owner
group by g.object, g.kind, g.columns, g.grantee, r.rolname
order by g.object, finding
