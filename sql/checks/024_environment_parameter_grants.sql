-- 024_environment_parameter_grants: server parameters an API role may set.
-- Why: a grant on a parameter (Postgres 15) lets a role set what only a superuser may set: with
-- session_replication_role no trigger and no foreign key fires. The API needs none of them.
select
    'security' as severity,
    p.parname as object,
    pg_catalog.format(
        '%s on this parameter is granted to %s, hence to an API role.',
        pg_catalog.string_agg(distinct entry.privilege_type, ', '),
        w.name
    ) as finding,
    pg_catalog.format('revoke all on parameter %s from %s', p.parname, w.name) as remedy
from pg_catalog.pg_parameter_acl as p
cross join lateral pg_catalog.aclexplode(p.paracl) as entry
inner join roles as w on entry.grantee = w.oid
where w.oid in (select a.acts_as from api as a) and not w.is_super
group by p.parname, w.name
