-- 024_environment_parameter_grants: server parameters an API role may set.
-- Why: a grant on a parameter (Postgres 15) lets a role set what only a superuser may: with
-- session_replication_role no trigger and no foreign key fires. The API needs none of them.
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
)

select
    'security' as severity,
    p.parname as object,
    pg_catalog.format(
        '%s on this parameter is granted to %s, hence to an API role.',
        pg_catalog.string_agg(distinct acl.privilege_type, ', '),
        coalesce(r.rolname, 'PUBLIC')
    ) as finding,
    pg_catalog.format(
        'revoke all on parameter %s from %s',
        p.parname,
        case acl.grantee when 0 then 'public' else pg_catalog.quote_ident(r.rolname) end
    ) as remedy
from pg_catalog.pg_parameter_acl as p
cross join lateral pg_catalog.aclexplode(p.paracl) as acl
inner join api on acl.grantee = api.role
left join pg_catalog.pg_roles as r on acl.grantee = r.oid
where r.oid is null or not r.rolsuper
group by p.parname, acl.grantee, r.rolname
order by object, finding
