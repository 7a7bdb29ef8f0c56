-- docs_roles: the roles of the API, whose rights each has, and whether policies hold it back.
select
    r.rolname::text as name,
    array(
        select quote_ident(o.rolname)
        from pg_catalog.pg_roles as o
        where pg_has_role(r.oid, o.oid, 'usage')
        order by o.rolname
    ) as acts_as,
    r.rolsuper or r.rolbypassrls as bypasses
from pg_catalog.pg_roles as r
where r.rolname in ('anon', 'authenticated', 'service_role')
order by r.rolname
