-- What migrations may find on this server, as statements that make another server alike.
-- Why: roles, their memberships, extensions and default privileges decide what the same files come
-- to. What the files make themselves is left out.
select
    x.kind,
    x.name,
    x.sql
from (
    select
        1 as place,
        'role' as kind,
        r.rolname::text as name,
        concat(
            format('create role %%I', r.rolname),
            case when r.rolsuper then ' superuser' end,
            case when r.rolbypassrls then ' bypassrls' end,
            case when r.rolcreaterole then ' createrole' end,
            case when r.rolcreatedb then ' createdb' end,
            case when r.rolreplication then ' replication' end,
            case when r.rolcanlogin then ' login' end,
            case when not r.rolinherit then ' noinherit' end
        ) as sql
    from pg_catalog.pg_roles as r
    where r.rolname !~ '^pg_' and r.rolname <> all(%(roles)s::text[])
    union all
    select
        2,
        'membership',
        m.roleid::regrole::text,
        format('grant %%s to %%s', m.roleid::regrole, m.member::regrole)
    from pg_catalog.pg_auth_members as m
    union all
    select
        3,
        'extension',
        e.extname::text,
        format(
            'create schema if not exists %%1$I; create extension %%2$I schema %%1$I',
            n.nspname, e.extname
        )
    from pg_catalog.pg_extension as e
    inner join pg_catalog.pg_namespace as n on e.extnamespace = n.oid
    where e.extname <> 'plpgsql' and e.extname <> all(%(extensions)s::text[])
    union all
    select
        4,
        'default privilege',
        d.defaclobjtype::text,
        format(
            'alter default privileges for role %%s%%s grant %%s on %%s to %%s%%s',
            d.defaclrole::regrole,
            case when n.nspname is not null then format(' in schema %%I', n.nspname) end,
            a.privilege_type,
            case d.defaclobjtype
                when 'r' then 'tables'
                when 'S' then 'sequences'
                when 'f' then 'functions'
                when 'T' then 'types'
                when 'n' then 'schemas'
                else 'large objects'
            end,
            case when a.grantee = 0 then 'public' else a.grantee::regrole::text end,
            case when a.is_grantable then ' with grant option' end
        )
    from pg_catalog.pg_default_acl as d
    left join pg_catalog.pg_namespace as n on d.defaclnamespace = n.oid
    cross join lateral pg_catalog.aclexplode(d.defaclacl) as a
    where
        %(privileges)s::boolean
        and a.grantee <> d.defaclrole
        and d.defaclrole = (select r.oid from pg_catalog.pg_roles as r where r.rolname = session_user)
        and (n.nspname is null or n.nspname = 'public')
) as x
order by x.place, x.name
