-- 018_privileged_role: superuser or BYPASSRLS on a role the API acts through.
-- Why: either attribute ends row level security. Attributes are not inherited, but whoever is a
-- member may become the role, so every role above the four counts.
-- service_role bypasses row level security by design, and nothing more.
with recursive above (api, role, member, trail) as (
    select
        r.oid as api,
        r.oid as role,
        null::pg_catalog.oid as member,
        array[r.oid] as trail
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
    where m.roleid <> all(a.trail)
)

select distinct
    'security' as severity,
    pg_catalog.quote_ident(r.rolname) as object,
    case
        when r.rolname in ('anon', 'authenticated', 'authenticator', 'service_role')
            then
                pg_catalog.format(
                    'This API role is %s: row level security does not hold for it.', power.name
                )
        else
            pg_catalog.format(
                'The role is %s and %s may become it.', power.name, m.rolname
            )
    end as finding,
    case
        when r.rolname in ('anon', 'authenticated', 'authenticator', 'service_role')
            then pg_catalog.format('alter role %I NO%s', r.rolname, power.name)
        else pg_catalog.format('revoke %I from %I', r.rolname, m.rolname)
    end as remedy
from above as a
inner join pg_catalog.pg_roles as r on a.role = r.oid
left join pg_catalog.pg_roles as m on a.member = m.oid
cross join
    lateral (
        values
        ('SUPERUSER', r.rolsuper),
        ('BYPASSRLS', r.rolbypassrls and r.rolname <> 'service_role')
    ) as power (name, held)
where
    power.held
order by object, finding
