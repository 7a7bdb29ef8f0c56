-- 021_environment_memberships: roles that authenticator and service_role must not belong to, and
-- those that authenticator must be able to become.
-- Why: a member may do what the role may, or become it, directly or through other roles. Membership
-- in a role without powers is not a finding. The roles that anon and authenticated may become are
-- facts of kind reach; what authenticator has through another API role is reported for that role.
select distinct
    'security' as severity,
    a.name as object,
    pg_catalog.format(
        'The role is a member of %I%s.',
        p.rolname,
        case when k.member <> a.oid then pg_catalog.format(', through %I', m.rolname) end
    ) as finding,
    pg_catalog.format('revoke %I from %I', p.rolname, m.rolname) as remedy
from api as a
inner join pg_catalog.pg_auth_members as k on a.acts_as = k.member
inner join pg_catalog.pg_roles as m on k.member = m.oid
inner join powers as p on k.roleid = p.oid
where
    a.name = 'service_role'
    or (
        a.name = 'authenticator'
        and p.oid not in (select o.oid from api as o)
        and m.oid not in (
            select o.acts_as from api as o
            where a.oid not in (o.oid, o.acts_as)
        )
    )
union all
-- It can become each API role, but can grant none of them, and inherits none of their privileges.
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
            when not m.becomes and m.keeps then 'grant %I to authenticator with inherit false'
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
        -- Memberships have options since Postgres 16.
        select
            coalesce(
                pg_catalog.bool_or((pg_catalog.to_jsonb(a) ->> 'set_option')::pg_catalog.bool),
                pg_catalog.count(*) > 0
            ) as becomes,
            coalesce(
                pg_catalog.bool_or((pg_catalog.to_jsonb(a) ->> 'inherit_option')::pg_catalog.bool),
                false
            ) as inherits,
            coalesce(pg_catalog.bool_or(a.admin_option), false) as passes_on,
            -- Since then a membership keeps the INHERIT of the role at the time of the grant.
            authenticator.rolinherit
            and pg_catalog.current_setting('server_version_num')::pg_catalog.int4
            >= 160000 as keeps
        from pg_catalog.pg_auth_members as a
        where a.member = authenticator.oid and a.roleid = r.oid
    ) as m
where
    authenticator.rolname = 'authenticator'
    and not authenticator.rolsuper
    and r.oid in (select a.oid from api as a)
    and r.oid <> authenticator.oid
    and (not m.becomes or m.inherits or m.passes_on)
