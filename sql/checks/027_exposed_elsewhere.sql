-- 027_exposed_elsewhere: objects of other schemas that hand our rows to API roles.
-- Only if: exists (
--         select from pg_catalog.pg_proc as p
--         where
--             p.prosecdef
--             and p.pronamespace::pg_catalog.regnamespace::pg_catalog.text
--             not in ('public', 'audit', 'arami_db')
--     )
--     or exists (
--         select from pg_catalog.pg_depend as d
--         inner join pg_catalog.pg_rewrite as w on d.objid = w.oid
--         where
--             d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
--             and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
--             and d.refobjid >= 16384
--             and d.refobjid::pg_catalog.regclass::pg_catalog.text ~ '^(public|audit|arami_db)[.]'
--             and w.ev_class::pg_catalog.regclass::pg_catalog.text !~ '^(public|audit|arami_db)[.]'
--     )
-- Why: wherever it is, a view sees with its owner's eyes, a materialized view has no row level
-- security, a SECURITY DEFINER function and a rule run as their owner. What other tools keep for
-- themselves is their business; this is about what anon or authenticated may use, schema included.
-- What a view reads is recorded, what a function reads if its body is BEGIN ATOMIC or RETURN. In
-- the text of another one of our tables or views is looked for: by its name with the schema, or by
-- the name alone after a keyword, where that leads to us. An extension's functions are its own.
with recursive api (role) as (
    select 0::pg_catalog.oid
    union
    select r.oid
    from pg_catalog.pg_roles as a
    inner join pg_catalog.pg_roles as r
        on
            a.oid = r.oid
            or (not a.rolsuper and pg_catalog.pg_has_role(a.oid, r.oid, 'MEMBER'))
    where a.rolname in ('anon', 'authenticated')
),

ours as (
    select n.oid from pg_catalog.pg_namespace as n
    where n.nspname in ('public', 'audit', 'arami_db')
),

-- Our tables and views, then whatever reads those, directly or through another view.
readers (classid, oid) as (
    select
        'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid,
        c.oid
    from pg_catalog.pg_class as c
    where
        c.relnamespace = any(array(select o.oid from ours as o))
        and c.relkind in ('r', 'p', 'v', 'm', 'f')
    union
    select
        case when w.oid is null then d.classid else r.classid end,
        coalesce(w.ev_class, d.objid)
    from readers as r
    inner join pg_catalog.pg_depend as d on r.classid = d.refclassid and r.oid = d.refobjid
    left join pg_catalog.pg_rewrite as w
        on
            d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
            and d.objid = w.oid
            and w.rulename = '_RETURN'
    where
        r.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
        and d.deptype = 'n'
        and (w.oid is not null or d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass)
),

-- How the body of a function may name our tables and views; a name alone leads to schema public.
named as materialized (
    select
        c.relname,
        pg_catalog.format(
            '\m%s"?\s*[.]\s*"?%s\M', c.relnamespace::pg_catalog.regnamespace, c.relname
        ) as qualified,
        case
            when c.relnamespace = pg_catalog.to_regnamespace('public')
                then pg_catalog.format('\m(from|join|update|into|only)\s+"?%s\M', c.relname)
        end as unqualified
    from pg_catalog.pg_class as c
    where
        c.relnamespace = any(array(select o.oid from ours as o))
        and c.relkind in ('r', 'p', 'v', 'm', 'f')
        and c.relname ~ '^[a-z0-9_]+$'
),

-- Relations that lead to our rows: views by what they read, others by their rules.
ways as (
    select
        case c.relkind when 'v' then 'view' else 'materialized view' end as kind,
        c.oid as relation
    from readers as r
    inner join pg_catalog.pg_class as c on r.oid = c.oid
    where
        r.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
        and c.relkind in ('v', 'm')
        and not coalesce((
            select o.option_value::pg_catalog.bool
            from pg_catalog.pg_options_to_table(c.reloptions) as o
            where o.option_name = 'security_invoker'
        ), false)
    union all
    select
        'table' as kind,
        w.ev_class
    from readers as r
    inner join pg_catalog.pg_depend as d on r.classid = d.refclassid and r.oid = d.refobjid
    inner join pg_catalog.pg_rewrite as w on d.objid = w.oid
    where
        r.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
        and d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
        and d.deptype = 'n'
        and w.rulename <> '_RETURN'
),

visitors as (
    select
        way.kind,
        pg_catalog.format('%s.%I', c.relnamespace::pg_catalog.regnamespace, c.relname) as object,
        c.oid as relation,
        c.relnamespace as schema,
        c.relowner as owner,
        c.relacl as acl
    from ways as way
    inner join pg_catalog.pg_class as c on way.relation = c.oid
    union all
    select
        'routine' as kind,
        pg_catalog.format(
            '%s.%I(%s)',
            p.pronamespace::pg_catalog.regnamespace,
            p.proname,
            pg_catalog.oidvectortypes(p.proargtypes)
        ) as object,
        null as relation,
        p.pronamespace as schema,
        p.proowner as owner,
        coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner)) as acl
    from pg_catalog.pg_proc as p
    where
        p.prosecdef
        and p.pronamespace <> all(array(select o.oid from ours as o))
        and (
            p.oid in (
                select r.oid from readers as r
                where r.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
            )
            or (
                exists (
                    select from named as n
                    where
                        p.prosrc ~* n.qualified
                        or (
                            p.prosrc ~* n.unqualified
                            and coalesce(
                                pg_catalog.array_to_string(p.proconfig, ' ')
                                !~ 'search_path=(?!.*\mpublic\M)',
                                true
                            )
                            and not exists (
                                select from pg_catalog.pg_class as c
                                where
                                    c.relnamespace = p.pronamespace
                                    and c.relname = n.relname
                            )
                        )
                )
                and 'e' <> all(
                    select d.deptype
                    from pg_catalog.pg_depend as d
                    where
                        d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
                        and d.objid = p.oid
                )
            )
        )
)

select distinct
    'security' as severity,
    v.object,
    pg_catalog.format(
        'API roles can use this %s, and it reaches our rows past row level security.', v.kind
    ) as finding,
    case v.kind
        when 'view' then pg_catalog.format('alter view %s set (security_invoker = true)', v.object)
        else
            pg_catalog.format(
                'revoke all on %s %s from public, anon, authenticated',
                case v.kind when 'routine' then 'routine' else 'table' end,
                v.object
            )
    end as remedy
from visitors as v
inner join pg_catalog.pg_namespace as n on v.schema = n.oid
cross join lateral pg_catalog.aclexplode(n.nspacl) as entry
cross join
    lateral (
        select acl.grantee from pg_catalog.aclexplode(v.acl) as acl
        union all
        select acl.grantee
        from pg_catalog.pg_attribute as a
        cross join lateral pg_catalog.aclexplode(a.attacl) as acl
        where a.attrelid = v.relation
    ) as use
where
    v.schema <> all(array(select o.oid from ours as o))
    and entry.privilege_type = 'USAGE'
    and entry.grantee in (select api.role from api)
    and use.grantee in (select api.role from api)
    and use.grantee <> v.owner
order by v.object
