-- docs_roles: the roles of the API, the roles whose rights each has, and whether policies apply to
-- it; after the prelude, which names the owner of the schema as facts do.
select
    a.rolname::text as name,
    array(
        select r.label
        from roles as r
        where case when r.oid = 0 then true else pg_has_role(a.oid, r.oid, 'usage') end
        order by r.label
    ) as acts_as,
    a.rolsuper or a.rolbypassrls as bypasses
from pg_catalog.pg_roles as a
where a.rolname in ('anon', 'authenticated', 'service_role')
order by a.rolname
