-- 022_environment_service_role: service_role missing, or subject to row level security.
-- Why: the server's own code uses it, and no policy is for it: without BYPASSRLS it sees no rows
-- and gets no error.
select
    'integrity' as severity,
    'service_role' as object,
    case
        when r.oid is null then 'The role does not exist.'
        else 'The role does not bypass row level security: it sees no row at all.'
    end as finding,
    case
        when r.oid is null then 'create role service_role nologin noinherit bypassrls'
        else 'alter role service_role bypassrls'
    end as remedy
from (values ('service_role')) as role (name)
left join pg_catalog.pg_roles as r on role.name = r.rolname
where r.oid is null or not (r.rolbypassrls or r.rolsuper)
