-- 021_environment_memberships: roles that anon, authenticated or authenticator must not belong to.
-- Why: a member may do what the role may, or become it. Dangerous are Postgres's own pg_ roles,
-- which go past the schema's grants or look into other sessions; the other API roles (only
-- authenticator becomes them); owners of the schema's objects or of the database; and roles with an
-- attribute of power. Direct or through others; membership in a plain role is nobody's business.
with recursive above (api, role, member, trail) as (
    select
        r.rolname,
        r.oid,
        null::pg_catalog.oid,
        array[r.oid]
    from pg_catalog.pg_roles as r
    where r.rolname in ('anon', 'authenticated', 'authenticator')
    union all
    select
        a.api,
        m.roleid,
        m.member,
        a.trail || m.roleid
    from above as a
    inner join pg_catalog.pg_auth_members as m on a.role = m.member
    inner join pg_catalog.pg_roles as via on a.role = via.oid
    where
        m.roleid <> all(a.trail)
        -- What authenticator reaches through an API role is said of that role.
        and not (
            a.api = 'authenticator' and via.rolname in ('anon', 'authenticated')
        )
),

owners as (
    select c.relowner as role
    from pg_catalog.pg_class as c
    where
        c.relnamespace = any(array(
            select n.oid from pg_catalog.pg_namespace as n
            where n.nspname in ('public', 'audit', 'arami_db')
        ))
    union
    select p.proowner
    from pg_catalog.pg_proc as p
    where
        p.pronamespace = any(array(
            select n.oid from pg_catalog.pg_namespace as n
            where n.nspname in ('public', 'audit', 'arami_db')
        ))
    union
    select n.nspowner
    from pg_catalog.pg_namespace as n
    where n.nspname in ('public', 'audit', 'arami_db')
    union
    select b.datdba
    from pg_catalog.pg_database as b
    where b.datname = pg_catalog.current_database()
)

select distinct
    'security' as severity,
    pg_catalog.quote_ident(a.api) as object,
    pg_catalog.format(
        'The role is a member of %I%s.',
        r.rolname,
        case
            when m.rolname <> a.api then pg_catalog.format(', through %I', m.rolname)
        end
    ) as finding,
    pg_catalog.format('revoke %I from %I', r.rolname, m.rolname) as remedy
from above as a
inner join pg_catalog.pg_roles as r on a.role = r.oid
inner join pg_catalog.pg_roles as m on a.member = m.oid
where
    r.rolname like 'pg\_%'
    or r.rolsuper
    or r.rolcreaterole
    or r.rolcreatedb
    or r.rolreplication
    or (r.rolbypassrls and r.rolname <> 'service_role')
    or exists (
        select from owners as o
        where o.role = r.oid
    )
    or (r.rolname in ('authenticated', 'service_role') and a.api <> 'authenticator')
    or (r.rolname in ('anon', 'authenticator') and a.api = 'authenticated')
    or (r.rolname = 'authenticator' and a.api = 'anon')
order by object, finding
