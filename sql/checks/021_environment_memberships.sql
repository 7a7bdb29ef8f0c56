-- 021_environment_memberships: roles that the API roles must not belong to, and those they must.
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
    where r.rolname in ('anon', 'authenticated', 'authenticator', 'service_role')
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
            a.api = 'authenticator'
            and via.rolname in ('anon', 'authenticated', 'service_role')
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
    -- authenticator must belong to the others: what they must not be is said of them.
    not (a.api = 'authenticator' and r.rolname in ('anon', 'authenticated', 'service_role'))
    and (
        r.rolname like 'pg\_%'
        or r.rolsuper
        or r.rolcreaterole
        or r.rolcreatedb
        or r.rolreplication
        or r.rolbypassrls
        or r.rolname in ('anon', 'authenticated', 'authenticator', 'service_role')
        or exists (
            select from owners as o
            where o.role = r.oid
        )
    )
union all
-- It becomes each of them, passes none of them on, and has nothing of theirs before it has.
select
    case when m.becomes then 'security' else 'integrity' end as severity,
    'authenticator' as object,
    pg_catalog.format(
        case
            when not m.becomes then 'The role cannot become %I: its requests fail.'
            when m.inherits then 'The role has what %I may do without becoming it.'
            else 'The role may grant %I to others.'
        end,
        r.rolname
    ) as finding,
    pg_catalog.format(
        case
            when not m.becomes then 'grant %I to authenticator'
            when m.inherits then 'grant %I to authenticator with inherit false'
            else 'revoke admin option for %I from authenticator'
        end,
        r.rolname
    ) as remedy
from pg_catalog.pg_roles as authenticator
cross join pg_catalog.pg_roles as r
cross join
    lateral (
        -- The options of a membership came with Postgres 16.
        select
            coalesce(
                pg_catalog.bool_or((pg_catalog.to_jsonb(a) ->> 'set_option')::pg_catalog.bool),
                pg_catalog.count(*) > 0
            ) as becomes,
            coalesce(
                pg_catalog.bool_or((pg_catalog.to_jsonb(a) ->> 'inherit_option')::pg_catalog.bool),
                false
            ) as inherits,
            coalesce(pg_catalog.bool_or(a.admin_option), false) as passes_on
        from pg_catalog.pg_auth_members as a
        where a.member = authenticator.oid and a.roleid = r.oid
    ) as m
where
    authenticator.rolname = 'authenticator'
    and not authenticator.rolsuper
    and r.rolname in ('anon', 'authenticated', 'service_role')
    and (not m.becomes or m.inherits or m.passes_on)
order by object, finding
