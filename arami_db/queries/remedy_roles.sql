-- Behind the prelude: the role that the facts call "owner", and the API's roles that are there.
select
    pg_catalog.quote_ident(r.rolname) as owner,
    array(
        select distinct pg_catalog.quote_ident(a.name)
        from api as a
        where a.name <> 'authenticator'
        order by 1
    ) as api
from platform as d
inner join pg_catalog.pg_roles as r on d.migrator = r.oid
