-- 005_security_definer: SECURITY DEFINER functions that API roles can execute.
-- Why: such a function runs as its owner, past row level security, for whoever calls it. Executable
-- means granted to PUBLIC (which is the default for a new function), to an API role, or to a role
-- one of them belongs to, inherited or not.
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
        and p.prosecdef
        and 'e' <> all(
            select d.deptype
            from pg_catalog.pg_depend as d
            where
                d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
                and d.objid = p.oid
        )
)

select
    'security' as severity,
    f.object,
    pg_catalog.format(
        'API roles can execute this SECURITY DEFINER function through %s: it runs as %s.',
        coalesce(r.rolname, 'PUBLIC'), o.rolname
    ) as finding,
    pg_catalog.format(
        'revoke execute on routine %s from %s',
        f.object,
        case acl.grantee when 0 then 'public' else pg_catalog.quote_ident(r.rolname) end
    ) as remedy
from routines as f
inner join pg_catalog.pg_roles as o on f.proowner = o.oid
cross join
    lateral pg_catalog.aclexplode(
        coalesce(f.proacl, pg_catalog.acldefault('f', f.proowner))
    ) as acl
inner join api on acl.grantee = api.role
left join pg_catalog.pg_roles as r on acl.grantee = r.oid
where acl.grantee <> f.proowner
order by f.object, finding
