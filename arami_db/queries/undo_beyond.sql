-- Facts that the catalog's files leave out: extensions wherever they are, publications that send
-- nothing of ours, foreign servers and who is mapped there, comments on few kinds, what default
-- privileges take away, and rights on what extensions brought.
-- Why: verify takes them for the platform's, or ignores them; but a migration may have made them.
with roles as (
    select
        r.oid,
        case when r.rolname = current_user then 'owner' else quote_ident(r.rolname) end as label
    from pg_catalog.pg_roles as r
    union all
    select
        0::oid as oid,
        'public' as label
),

brought as (
    select
        concat(
            case p.prokind when 'a' then 'aggregate' when 'p' then 'procedure' else 'function' end,
            format(
                ' %s.%I(%s)',
                p.pronamespace::regnamespace,
                p.proname,
                pg_catalog.oidvectortypes(p.proargtypes)
            )
        ) as object,
        p.proowner,
        p.proacl
    from pg_catalog.pg_depend as d
    inner join pg_catalog.pg_proc as p on d.objid = p.oid
    inner join pg_catalog.pg_language as l on p.prolang = l.oid
    where
        d.classid = 'pg_catalog.pg_proc'::regclass
        and d.deptype = 'e'
        and l.lanname in ('c', 'internal')
        and not p.prosecdef
        and p.proacl is not null
)

select
    'extension' as kind,
    e.extname::text as object,
    'schema' as property,
    n.nspname::text as value
from pg_catalog.pg_extension as e
inner join pg_catalog.pg_namespace as n on e.extnamespace = n.oid
where e.extname <> 'plpgsql'
union all
select
    'publication' as kind,
    quote_ident(b.pubname) as object,
    'there' as property,
    'true' as value
from pg_catalog.pg_publication as b
union all
select
    'server' as kind,
    quote_ident(s.srvname) as object,
    'of' as property,
    concat_ws(' ', w.fdwname, s.srvtype, s.srvversion, s.srvoptions) as value
from pg_catalog.pg_foreign_server as s
inner join pg_catalog.pg_foreign_data_wrapper as w on s.srvfdw = w.oid
union all
select
    'user mapping' as kind,
    concat(
        'for ',
        case when u.umuser = 0 then 'public' else quote_ident(u.usename) end,
        ' server ',
        quote_ident(u.srvname)
    ) as object,
    'there' as property,
    'true' as value
from pg_catalog.pg_user_mappings as u
union all
select
    i.type as kind,
    i.identity as object,
    'comment' as property,
    d.description as value
from pg_catalog.pg_description as d
cross join lateral pg_identify_object(d.classoid, d.objoid, d.objsubid) as i
where
    d.objoid >= 16384
    and (
        i.type in ('collation', 'conversion', 'operator', 'extension')
        or i.type ~ '^(text search|operator) '
    )
    and i.schema is distinct from 'pg_catalog'
    and not exists (
        select
        from pg_catalog.pg_depend as x
        where x.classid = d.classoid and x.objid = d.objoid and x.deptype = 'e'
    )
union all
select
    'default privilege' as kind,
    concat(
        'of ',
        r.label,
        ' on ',
        case a.defaclobjtype when 'f' then 'functions' else 'types' end
    ) as object,
    concat('public ', lower(usual.privilege_type)) as property,
    'revoked' as value
from pg_catalog.pg_default_acl as a
inner join roles as r on a.defaclrole = r.oid
cross join lateral aclexplode(acldefault(a.defaclobjtype, a.defaclrole)) as usual
where
    a.defaclnamespace = 0
    and a.defaclobjtype in ('f', 'T')
    and usual.grantee = 0
    and not exists (
        select
        from aclexplode(a.defaclacl) as x
        where x.grantee = 0 and x.privilege_type = usual.privilege_type
    )
union all
select
    'grant' as kind,
    b.object,
    concat(r.label, ' execute') as property,
    concat(case when x.is_grantable then 'with grant option, ' end, 'granted by owner') as value
from brought as b
cross join lateral aclexplode(b.proacl) as x
inner join roles as r on x.grantee = r.oid
where x.grantee not in (0, b.proowner)
union all
select
    'grant' as kind,
    b.object,
    'public execute' as property,
    'revoked' as value
from brought as b
where
    not exists (
        select
        from aclexplode(b.proacl) as x
        where x.grantee = 0
    )
