-- 027_exposed_elsewhere: objects of other schemas that hand our rows to API roles.
-- Why: wherever it is, a view sees with its owner's eyes, a materialized view has no row level
-- security, a SECURITY DEFINER function and a rule run as their owner, a function may take on a
-- role. What other tools keep for themselves is their business; this is about what anon or
-- authenticated may use. An owner whom row level security holds back gives nothing away.
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
            -- A view that only names a relation, as in 'public.users'::regclass, reads nothing.
            and w.ev_action::pg_catalog.text ~ pg_catalog.format(':relid %s\M', r.oid)
    where
        r.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
        and d.deptype = 'n'
        and (w.oid is not null or d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass)
),

-- How the body of a function may name what is ours; a name alone leads to schema public.
named as materialized (
    select
        c.relname as name,
        c.relnamespace::pg_catalog.regnamespace::pg_catalog.text as home,
        pg_catalog.format(
            '(?<![-$])\m%s"?\s*[.]\s*"?%s\M(?![-$])',
            c.relnamespace::pg_catalog.regnamespace,
            c.relname
        ) as qualified,
        case
            when c.relnamespace = pg_catalog.to_regnamespace('public')
                then
                    pg_catalog.format(
                        '\m(?:from|join|update|into|only|table|using|truncate|copy)\s+"?%s\M'
                        '(?!"?\s*[.])',
                        c.relname
                    )
        end as unqualified
    from pg_catalog.pg_class as c
    where
        c.relnamespace = any(array(select o.oid from ours as o))
        and c.relkind in ('r', 'p', 'v', 'm', 'f')
        and c.relname ~ '^[a-z0-9_]+$'
    union all
    select
        p.proname as name,
        p.pronamespace::pg_catalog.regnamespace::pg_catalog.text as home,
        pg_catalog.format(
            '\m%s"?\s*[.]\s*"?%s"?\s*[(]', p.pronamespace::pg_catalog.regnamespace, p.proname
        ) as qualified,
        null as unqualified
    from pg_catalog.pg_proc as p
    where
        p.pronamespace = any(array(select o.oid from ours as o))
        and p.prorettype <> 'pg_catalog.trigger'::pg_catalog.regtype
        and 'e' <> all(
            select d.deptype
            from pg_catalog.pg_depend as d
            where
                d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
                and d.objid = p.oid
        )
),

-- Functions elsewhere that run as somebody else: their owner, or a role they take on.
changing as materialized (
    select
        p.oid,
        p.pronamespace,
        p.prosecdef,
        pg_catalog.regexp_replace(p.prosrc, '--[^\n]*|/[*].*?[*]/', ' ', 'g') as code,
        coalesce(
            pg_catalog.array_to_string(p.proconfig, ' ') !~ 'search_path=(?!.*\mpublic\M)', true
        ) as sees_public,
        pg_catalog.string_to_array(path.before_public, ', ') as before_public
    from pg_catalog.pg_proc as p
    cross join
        lateral (
            select
                pg_catalog.max(
                    pg_catalog.substring(s.setting, '^search_path=(.*?)(?:, *)?\mpublic\M')
                ) as before_public
            from pg_catalog.unnest(p.proconfig) as s (setting)
        ) as path
    where
        p.oid >= 16384
        and p.pronamespace <> all(array(select o.oid from ours as o))
        and (
            p.prosecdef
            or p.proconfig::pg_catalog.text ~ '\mrole='
            or p.prosrc
            ~* '\mset\s+(local\s+|session\s+)?role\M|\mset_config\s*[(]\s*''role'''
        )
),

-- Those that lead to our rows.
routines as materialized (
    select p.oid
    from changing as p
    where
        p.oid in (
            select r.oid from readers as r
            where r.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
        )
        or (
            exists (
                select from named as n
                where
                    p.code ~* n.qualified
                    or (
                        p.code ~* '\mexecute\M'
                        and pg_catalog.strpos(p.code, pg_catalog.quote_literal(n.name)) > 0
                        and pg_catalog.strpos(p.code, pg_catalog.quote_literal(n.home)) > 0
                    )
                    or (
                        p.code ~* n.unqualified
                        and p.sees_public
                        and not exists (
                            select from pg_catalog.pg_class as c
                            where
                                c.relname = n.name
                                and (
                                    c.relnamespace = p.pronamespace
                                    or c.relnamespace::pg_catalog.regnamespace::pg_catalog.text
                                    = any(p.before_public)
                                )
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
),

-- Relations that lead to our rows: views by what they read, others by their rules and triggers.
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
    union all
    -- What a trigger calls needs no grant.
    select
        'table' as kind,
        t.tgrelid
    from pg_catalog.pg_trigger as t
    inner join routines as f on t.tgfoid = f.oid
    where not t.tgisinternal
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
        case when p.prosecdef then p.proowner end as owner,
        coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner)) as acl
    from pg_catalog.pg_proc as p
    inner join routines as f on p.oid = f.oid
),

open as (
    select n.oid
    from pg_catalog.pg_namespace as n
    cross join
        lateral pg_catalog.aclexplode(
            coalesce(n.nspacl, pg_catalog.acldefault('n', n.nspowner))
        ) as entry
    where
        entry.privilege_type = 'USAGE'
        and entry.grantee in (select api.role from api)
),

-- What a view reads there needs no use of its schema.
within (oid) as (
    select c.oid
    from pg_catalog.pg_class as c
    where c.relkind = 'v' and c.oid >= 16384 and c.relnamespace in (select o.oid from open as o)
    union
    select d.refobjid
    from within as x
    inner join pg_catalog.pg_rewrite as w on x.oid = w.ev_class
    inner join pg_catalog.pg_depend as d
        on
            w.oid = d.objid
            and d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
            and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
),

-- An owner whom row level security holds back passes nothing on.
keepers as (
    select k.oid
    from pg_catalog.pg_roles as k
    where
        k.rolsuper
        or k.rolbypassrls
        or exists (
            select from pg_catalog.pg_class as c
            where
                c.relnamespace = any(array(select o.oid from ours as o))
                and c.relkind in ('r', 'p', 'm')
                and pg_catalog.pg_has_role(k.oid, c.relowner, 'USAGE')
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
    and (
        v.schema in (select o.oid from open as o)
        or v.relation in (select x.oid from within as x)
    )
    and (v.kind = 'table' or v.owner is null or v.owner in (select k.oid from keepers as k))
    and use.grantee in (select api.role from api)
    and use.grantee is distinct from v.owner
order by v.object
