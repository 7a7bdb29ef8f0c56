-- 017_internal_schema: the ledger or the audit log within reach of the API.
-- Why: schemas audit and arami_db are for administrators. No API role, not even service_role, holds
-- anything there, and PostgREST is not told to expose them. What a role of theirs holds counts too.
with api (role) as (
    select 0::pg_catalog.oid
    union
    select r.oid
    from pg_catalog.pg_roles as a
    inner join pg_catalog.pg_roles as r
        on
            a.oid = r.oid
            or (not a.rolsuper and pg_catalog.pg_has_role(a.oid, r.oid, 'MEMBER'))
    where a.rolname in ('anon', 'authenticated', 'service_role', 'authenticator')
),

schemas as (
    select
        n.oid,
        n.nspname,
        n.nspowner,
        n.nspacl
    from pg_catalog.pg_namespace as n
    where n.nspname in ('audit', 'arami_db')
),

grants as (
    select
        'schema' as kind,
        pg_catalog.quote_ident(s.nspname) as object,
        s.nspowner as owner,
        acl.grantee,
        acl.privilege_type,
        '' as columns
    from schemas as s
    cross join lateral pg_catalog.aclexplode(s.nspacl) as acl
    union all
    select
        case c.relkind when 'S' then 'sequence' else 'table' end as kind,
        pg_catalog.format('%I.%I', s.nspname, c.relname) as object,
        c.relowner,
        acl.grantee,
        acl.privilege_type,
        '' as columns
    from schemas as s
    inner join pg_catalog.pg_class as c on s.oid = c.relnamespace
    cross join lateral pg_catalog.aclexplode(c.relacl) as acl
    where
        not exists (
            select from pg_catalog.pg_depend as d
            where
                d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                and d.objid = c.oid
                and d.deptype = 'e'
        )
    union all
    select
        'column' as kind,
        pg_catalog.format('%I.%I.%I', s.nspname, c.relname, a.attname) as object,
        c.relowner,
        acl.grantee,
        acl.privilege_type,
        pg_catalog.format('(%I) on table %I.%I', a.attname, s.nspname, c.relname) as columns
    from schemas as s
    inner join pg_catalog.pg_class as c on s.oid = c.relnamespace
    inner join pg_catalog.pg_attribute as a on c.oid = a.attrelid and not a.attisdropped
    cross join lateral pg_catalog.aclexplode(a.attacl) as acl
    where
        not exists (
            select from pg_catalog.pg_depend as d
            where
                d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                and d.objid = c.oid
                and d.deptype = 'e'
        )
    union all
    select
        'routine' as kind,
        pg_catalog.format('%I.%I(%s)', s.nspname, p.proname, args.list) as object,
        p.proowner,
        acl.grantee,
        acl.privilege_type,
        '' as columns
    from schemas as s
    inner join pg_catalog.pg_proc as p on s.oid = p.pronamespace
    cross join
        lateral pg_catalog.aclexplode(
            coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))
        ) as acl
    cross join
        lateral (
            select
                pg_catalog.string_agg(
                    case tn.nspname
                        when 'pg_catalog' then pg_catalog.format_type(t.oid, null)
                        else pg_catalog.format('%I.%I', tn.nspname, t.typname)
                    end,
                    ', ' order by arg.place
                ) as list
            from pg_catalog.unnest(p.proargtypes) with ordinality as arg (type, place)
            inner join pg_catalog.pg_type as t on arg.type = t.oid
            inner join pg_catalog.pg_namespace as tn on t.typnamespace = tn.oid
        ) as args
    where
        not exists (
            select from pg_catalog.pg_depend as d
            where
                d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
                and d.objid = p.oid
                and d.deptype = 'e'
        )
)

select
    'security' as severity,
    g.object,
    pg_catalog.format(
        '%s on this %s is granted to %s: the API must not reach it.',
        pg_catalog.string_agg(distinct g.privilege_type, ', '),
        g.kind,
        coalesce(r.rolname, 'PUBLIC')
    ) as finding,
    pg_catalog.format(
        'revoke all %s from %s',
        case g.columns
            when '' then pg_catalog.format('on %s %s', g.kind, g.object)
            else g.columns
        end,
        case g.grantee when 0 then 'public' else pg_catalog.quote_ident(r.rolname) end
    ) as remedy
from grants as g
inner join api on g.grantee = api.role
left join pg_catalog.pg_roles as r on g.grantee = r.oid
where g.grantee <> g.owner
group by g.object, g.kind, g.columns, g.grantee, r.rolname
union all
select
    'security' as severity,
    pg_catalog.quote_ident(s.nspname) as object,
    pg_catalog.format(
        'The setting %s of %s exposes this schema through the API.',
        pg_catalog.split_part(setting.line, '=', 1),
        coalesce('role ' || r.rolname, 'every role')
    ) as finding,
    null as remedy
from pg_catalog.pg_db_role_setting as cfg
left join pg_catalog.pg_roles as r on cfg.setrole = r.oid
left join pg_catalog.pg_database as b on cfg.setdatabase = b.oid
cross join lateral pg_catalog.unnest(cfg.setconfig) as setting (line)
inner join schemas as s
    on
        s.nspname::pg_catalog.text = any(
            pg_catalog.regexp_split_to_array(
                pg_catalog.btrim(pg_catalog.substring(setting.line, '=(.*)$')), '[",\s]+'
            )
        )
where
    setting.line like 'pgrst.db\_schema%'
    and (cfg.setdatabase = 0 or b.datname = pg_catalog.current_database())
order by object, finding
