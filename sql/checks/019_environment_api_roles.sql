-- 019_environment_api_roles: API roles that are missing or hold an attribute they must not have.
-- Why: these rules do not depend on a snapshot: anon and authenticated are only names to grant to.
-- authenticator logs in and becomes them, and inherits nothing; service_role bypasses row level
-- security; none of the four may create roles or databases, replicate, or be superuser.
-- With Citus they may log in, since the coordinator connects to workers as the current role.
-- noqa: disable=ST05
select
    'security' as severity,
    role.name as object,
    case
        when r.oid is null then 'The role does not exist.'
        else pg_catalog.format('The role has the attribute %s.', attribute.name)
    end as finding,
    case
        when r.oid is null then pg_catalog.format('create role %s nologin noinherit', role.name)
        else pg_catalog.format('alter role %s %s', role.name, attribute.without)
    end as remedy
from (
    values ('anon'), ('authenticated')
    union
    select a.name from api as a
) as role (name)
cross join (select pg_catalog.count(*) = 0 as is_alone from distributed) as here
left join pg_catalog.pg_roles as r on role.name = r.rolname
cross join
    lateral (
        values
        ('SUPERUSER', 'nosuperuser', r.rolsuper),
        ('BYPASSRLS', 'nobypassrls', r.rolbypassrls and role.name <> 'service_role'),
        ('CREATEROLE', 'nocreaterole', r.rolcreaterole),
        ('CREATEDB', 'nocreatedb', r.rolcreatedb),
        ('REPLICATION', 'noreplication', r.rolreplication),
        (
            'LOGIN',
            'nologin',
            r.rolcanlogin
            and role.name <> 'authenticator'
            and here.is_alone
        ),
        ('INHERIT', 'noinherit', r.rolinherit and role.name = 'authenticator'),
        (null, null, r.oid is null)
    ) as attribute (name, without, held)
where attribute.held
