-- 018_privileged_role: superuser or BYPASSRLS on a role the API acts through.
-- Why: either attribute ends row level security. Attributes are not inherited, but whoever is a
-- member may become the role, so every role above those of the API counts.
-- service_role bypasses row level security by design, and nothing more.
select distinct
    'security' as severity,
    w.name as object,
    case
        when a.oid = a.acts_as
            then
                pg_catalog.format(
                    'This API role is %s: row level security does not hold for it.', power.name
                )
        else pg_catalog.format('The role is %s and %s may become it.', power.name, m.name)
    end as finding,
    case
        when a.oid = a.acts_as then pg_catalog.format('alter role %s NO%s', w.name, power.name)
        else pg_catalog.format('revoke %s from %s', w.name, m.name)
    end as remedy
from api as a
inner join roles as w on a.acts_as = w.oid
inner join pg_catalog.pg_roles as r on w.oid = r.oid
-- Whoever of the API is a member: the role itself, or another that it may become.
left join pg_catalog.pg_auth_members as k
    on
        a.oid <> a.acts_as
        and a.acts_as = k.roleid
        and (a.oid, k.member) in (
            select
                o.oid,
                o.acts_as
            from api as o
        )
left join roles as m on k.member = m.oid
cross join
    lateral (
        values
        ('SUPERUSER', r.rolsuper),
        ('BYPASSRLS', r.rolbypassrls and r.rolname <> 'service_role')
    ) as power (name, held)
where
    power.held
    -- What is said of a role of the API is not said again of those that may become it.
    and (a.oid = a.acts_as or a.acts_as not in (select o.oid from api as o))
