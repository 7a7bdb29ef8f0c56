-- 280_reach: every path by which people who use the API get at a table of ours, or at a function
-- with more rights than theirs, in whatever schema it is.
-- Why: row level security guards a table only on the path that it was written for. So it is asked
-- what Postgres would let through, not what a view or function says: grants to a role or to any it
-- may become, ownership, views and rules with their owner's rights, materialized views, parents
-- read in place of their children, SECURITY DEFINER functions, functions that take on a role or
-- connect elsewhere, foreign servers. A path that the snapshot does not have is a security finding.
-- What the platform keeps for itself in its own schemas is not stated. An owner whom row level
-- security holds back passes nothing on. An invoker view is a path only where there is none without
-- it: what a view, policy or default names needs no use of its schema.
-- noqa: disable=AL03, LT09, LT14, RF02, RF03
with recursive subjects as (
    select
        a.name as role,
        a.acts_as
    from api as a
    where a.name in ('anon', 'authenticated')
),

-- Kept by the platform: in a schema of its own, and owned by it.
own as (
    select
        n.oid as schema,
        r.oid as owner
    from pg_catalog.pg_namespace as n
    cross join roles as r
    where
        (r.is_super or r.is_supabase)
        and (
            n.nspname ~ '^(pg_|supabase_|_)'
            or n.nspname in (
                'information_schema', 'auth', 'storage', 'realtime', 'extensions', 'graphql',
                'graphql_public', 'vault', 'pgsodium', 'pgsodium_masks', 'net', 'cron', 'pgmq',
                'pgbouncer', 'pgtle'
            )
        )
),

visible as (
    select distinct
        s.role,
        n.oid as schema
    from pg_catalog.pg_namespace as n
    cross join
        lateral pg_catalog.aclexplode(
            coalesce(n.nspacl, pg_catalog.acldefault('n', n.nspowner))
        ) as entry
    inner join subjects as s on entry.grantee = s.acts_as or n.nspowner = s.acts_as
    where entry.privilege_type = 'USAGE'
),

-- Relations that somebody made, but for what lies in anybody's temporary schema.
objects as (
    select
        c.oid,
        c.relkind,
        c.relowner,
        c.relacl,
        c.relnamespace,
        c.relrowsecurity,
        c.relforcerowsecurity,
        c.oid::pg_catalog.regclass::pg_catalog.text as name,
        c.oid in (select r.oid from relations as r) as is_ours,
        c.relkind = 'v' and coalesce((
            select o.option_value::pg_catalog.bool
            from pg_catalog.pg_options_to_table(c.reloptions) as o
            where o.option_name = 'security_invoker'
        ), false) as is_invoker,
        (c.relnamespace, c.relowner) in (select o.schema, o.owner from own as o) as is_platform
    from pg_catalog.pg_class as c
    where
        c.oid >= 16384
        and c.relkind in ('r', 'p', 'v', 'm', 'f')
        and c.relpersistence <> 't'
),

-- What each subject may do with each relation, and by whose grant.
held as (
    select
        s.role,
        c.oid as relation,
        pg_catalog.lower(entry.privilege_type collate "C") as privilege,
        s.acts_as as grantee
    from objects as c
    cross join lateral pg_catalog.aclexplode(c.relacl) as entry
    inner join subjects as s on entry.grantee = s.acts_as
    where entry.privilege_type in ('SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE')
    union
    select
        s.role,
        c.oid,
        pg_catalog.format(
            '%s (%I)', pg_catalog.lower(entry.privilege_type collate "C"), a.attname
        ),
        s.acts_as
    from objects as c
    inner join pg_catalog.pg_attribute as a on c.oid = a.attrelid
    cross join lateral pg_catalog.aclexplode(a.attacl) as entry
    inner join subjects as s on entry.grantee = s.acts_as
    where a.attacl is not null and entry.privilege_type in ('SELECT', 'INSERT', 'UPDATE')
    union
    select
        s.role,
        c.oid,
        'everything',
        s.acts_as
    from objects as c
    inner join subjects as s on c.relowner = s.acts_as
    union
    select
        s.role,
        c.oid,
        case r.rolname when 'pg_read_all_data' then 'select' else 'insert, update, delete' end,
        s.acts_as
    from pg_catalog.pg_roles as r
    inner join subjects as s on r.oid = s.acts_as
    cross join objects as c
    where r.rolname in ('pg_read_all_data', 'pg_write_all_data')
),

entries as (
    select distinct
        h.role,
        h.relation
    from held as h
    inner join objects as c on h.relation = c.oid
    inner join visible as v on h.role = v.role and c.relnamespace = v.schema
    union
    -- Who reads all data needs no use of a schema.
    select
        h.role,
        h.relation
    from held as h
    inner join pg_catalog.pg_roles as r on h.grantee = r.oid
    where r.rolname in ('pg_read_all_data', 'pg_write_all_data')
),

-- From a relation to the next, and in which way.
steps as (
    select distinct
        w.ev_class as source,
        d.refobjid as target,
        case when w.rulename = '_RETURN' then 'view' else 'rule' end as way
    from pg_catalog.pg_rewrite as w
    inner join pg_catalog.pg_depend as d
        on
            d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
            and w.oid = d.objid
            and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
            and d.deptype = 'n'
            and w.ev_class <> d.refobjid
    inner join objects as c on w.ev_class = c.oid
    where
        -- A view that only names a relation, as in 'public.users'::regclass, reads nothing.
        w.ev_action::pg_catalog.text ~ pg_catalog.format(':relid %s\M', d.refobjid)
        and not c.is_platform
    union all
    select
        h.inhparent,
        h.inhrelid,
        'parent'
    from pg_catalog.pg_inherits as h
    inner join objects as c on h.inhrelid = c.oid
),

-- From an entry on. reader is whose rights count there: null for the caller's own. What a
-- materialized view holds was read by its owner; a parent's children are read unasked.
paths (role, relation, reader, is_content, is_unasked, path, trail) as (
    select
        e.role,
        e.relation,
        null::pg_catalog.oid,
        false,
        false,
        null::pg_catalog.text collate "C",
        array[e.relation]
    from entries as e
    where e.relation in (select s.source from steps as s)
    union all
    select
        p.role,
        s.target,
        n.reader,
        p.is_content or c.relkind = 'm',
        s.way = 'parent',
        pg_catalog.concat_ws(
            ' -> ',
            p.path,
            pg_catalog.concat(
                case
                    when s.way = 'rule' then 'rule on '
                    when s.way = 'parent' then 'parent '
                    when c.relkind = 'm' then 'materialized view '
                    else 'view '
                end,
                c.name,
                case when n.reader is not null and s.way <> 'parent' then ' as ' || w.label end
            )
        ),
        p.trail || s.target
    from paths as p
    inner join steps as s on p.relation = s.source and s.target <> all(p.trail)
    inner join objects as c on s.source = c.oid
    inner join objects as t on s.target = t.oid
    cross join
        lateral (
            values (
                case
                    when p.is_content or s.way = 'parent' then p.reader
                    when not c.is_invoker then c.relowner
                end
            )
        ) as n (reader)
    left join roles as w on n.reader = w.oid
    where
        s.way = 'parent'
        or p.is_content
        or case
            when n.reader is null
                then (p.role, s.target) in (select h.role, h.relation from held as h)
            else
                pg_catalog.has_table_privilege(
                    n.reader, s.target, 'select, insert, update, delete'
                )
                or pg_catalog.has_any_column_privilege(
                    n.reader, s.target, 'select, insert, update'
                )
        end
),

-- Functions that run as somebody else, take on a role, or connect elsewhere.
elevated as (
    select
        p.oid,
        p.pronamespace as schema,
        p.proowner as owner,
        coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner)) as acl,
        p.prorettype in (
            'pg_catalog.trigger'::pg_catalog.regtype, 'pg_catalog.event_trigger'::pg_catalog.regtype
        ) as is_fired,
        (p.pronamespace, p.proowner) in (select o.schema, o.owner from own as o) as is_platform,
        case
            when x.oid is not null then 'extension dblink'
            else
                pg_catalog.format(
                    'function %s.%I(%s)',
                    p.pronamespace::pg_catalog.regnamespace,
                    p.proname,
                    pg_catalog.oidvectortypes(p.proargtypes)
                )
        end as name,
        case
            when x.oid is not null then 'connects elsewhere'
            when p.prosecdef then 'runs as ' || w.label
            else 'takes on a role or connects elsewhere'
        end as rights
    from pg_catalog.pg_proc as p
    inner join pg_catalog.pg_language as l on p.prolang = l.oid
    inner join roles as w on p.proowner = w.oid
    left join pg_catalog.pg_depend as d
        on
            d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
            and p.oid = d.objid
            and d.deptype = 'e'
            and l.lanname = 'c'
    left join pg_catalog.pg_extension as x on d.refobjid = x.oid and x.extname = 'dblink'
    where
        p.oid >= 16384
        and p.pronamespace::pg_catalog.regnamespace::pg_catalog.text !~ '^pg_temp'
        and (
            p.prosecdef
            or x.oid is not null
            or p.proconfig::pg_catalog.text ~ '\mrole='
            or (
                l.lanname not in ('c', 'internal')
                and coalesce(pg_catalog.pg_get_function_sqlbody(p.oid), p.prosrc)
                ~* (
                    '\mset\s+(local\s+|session\s+)?(role|session\s+authorization)\M'
                    '|\mset_config\s*[(]\s*''role''|\mdblink'
                )
            )
        )
),

-- Who may execute which of them.
executable as (
    select distinct
        s.role,
        f.oid,
        s.acts_as as grantee
    from elevated as f
    cross join lateral pg_catalog.aclexplode(f.acl) as entry
    inner join subjects as s on entry.grantee = s.acts_as or f.owner = s.acts_as
    where entry.privilege_type = 'EXECUTE'
),

called as (
    select distinct
        e.role,
        e.oid,
        e.grantee
    from executable as e
    inner join elevated as f on e.oid = f.oid
    inner join visible as v on e.role = v.role and f.schema = v.schema
    where not f.is_fired and not f.is_platform
),

-- Relations whose use calls a function: by a trigger, or by what their definitions name.
callers as (
    select
        t.tgrelid as relation,
        t.tgfoid as function,
        'trigger' as way
    from pg_catalog.pg_trigger as t
    where not t.tgisinternal or t.tgconstraint = 0
    union
    select
        coalesce(w.ev_class, y.polrelid, a.adrelid, k.conrelid),
        d.refobjid,
        case
            when w.oid is not null then 'view'
            when y.oid is not null then 'policy'
            when a.oid is not null then 'default'
            else 'constraint'
        end
    from pg_catalog.pg_depend as d
    left join pg_catalog.pg_rewrite as w
        on d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and d.objid = w.oid
    left join pg_catalog.pg_policy as y
        on d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass and d.objid = y.oid
    left join pg_catalog.pg_attrdef as a
        on d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass and d.objid = a.oid
    left join pg_catalog.pg_constraint as k
        on d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass and d.objid = k.oid
    where
        d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
        and d.refobjid in (select f.oid from elevated as f)
        and coalesce(w.ev_class, y.polrelid, a.adrelid, k.conrelid) <> 0
),

reached as (
    select
        h.role,
        h.relation,
        pg_catalog.bool_or(h.privilege !~ '^select') as writes
    from held as h
    inner join entries as e on h.role = e.role and h.relation = e.relation
    group by h.role, h.relation
    union
    select
        p.role,
        p.relation,
        -- A trigger of ours fires wherever our table is reached, and that is stated.
        not p.is_content and not c.is_ours
    from paths as p
    inner join objects as c on p.relation = c.oid
    where p.path is not null
),

found (role, object, path) as (
    -- Tables of ours, granted.
    select
        h.role,
        c.name,
        pg_catalog.concat(h.privilege, ' granted to ', w.label)
    from held as h
    inner join entries as e on h.role = e.role and h.relation = e.relation
    inner join objects as c on h.relation = c.oid
    inner join roles as w on h.grantee = w.oid
    where c.is_ours and c.relkind <> 'v'
    union
    -- Tables of ours, by way of something else.
    select
        p.role,
        c.name,
        p.path
    from paths as p
    inner join objects as c on p.relation = c.oid
    left join pg_catalog.pg_roles as r on p.reader = r.oid
    where
        c.is_ours
        and c.relkind <> 'v'
        and p.path is not null
        and case
            when p.is_unasked then true
            when p.reader is null
                then (p.role, p.relation) not in (select e.role, e.relation from entries as e)
            else
                r.rolsuper
                or r.rolbypassrls
                or not c.relrowsecurity
                or (
                    not c.relforcerowsecurity
                    and pg_catalog.pg_has_role(p.reader, c.relowner, 'USAGE')
                )
        end
    union
    select
        x.role,
        f.name,
        pg_catalog.concat('execute granted to ', w.label, ', ', f.rights)
    from called as x
    inner join elevated as f on x.oid = f.oid
    inner join roles as w on x.grantee = w.oid
    union
    -- Whoever fires a trigger needs no right to its function; all else does.
    select
        r.role,
        f.name,
        pg_catalog.concat(x.way, ' of ', c.name, ', ', f.rights)
    from callers as x
    inner join elevated as f on x.function = f.oid
    inner join reached as r on x.relation = r.relation
    inner join objects as c on x.relation = c.oid
    where
        (not f.is_platform or f.name = 'extension dblink')
        and case
            when f.is_fired then x.way = 'trigger' and r.writes
            else
                (r.role, f.oid) in (select e.role, e.oid from executable as e)
                and (r.role, f.oid) not in (select e.role, e.oid from called as e)
        end
    union
    select
        e.role,
        'foreign table ' || c.name,
        'on server ' || pg_catalog.quote_ident(s.srvname)
    from entries as e
    inner join objects as c on e.relation = c.oid and c.relkind = 'f'
    inner join pg_catalog.pg_foreign_table as t on c.oid = t.ftrelid
    inner join pg_catalog.pg_foreign_server as s on t.ftserver = s.oid
    union
    select
        u.role,
        'server ' || pg_catalog.quote_ident(s.srvname),
        pg_catalog.concat('usage granted to ', w.label)
    from pg_catalog.pg_foreign_server as s
    cross join
        lateral pg_catalog.aclexplode(
            coalesce(s.srvacl, pg_catalog.acldefault('S', s.srvowner))
        ) as entry
    inner join subjects as u on entry.grantee = u.acts_as
    inner join roles as w on entry.grantee = w.oid
    union
    -- Roles of power that a subject may become.
    select
        s.role,
        'role ' || pg_catalog.quote_ident(r.rolname),
        'may become it'
    from subjects as s
    inner join pg_catalog.pg_roles as r on s.acts_as = r.oid
    where
        r.rolname <> s.role
        and (
            r.rolname ~ '^pg_'
            or r.rolsuper
            or r.rolcreaterole
            or r.rolcreatedb
            or r.rolreplication
            or r.rolbypassrls
            or r.rolname in ('anon', 'authenticated', 'authenticator', 'service_role')
            or r.oid in (select n.nspowner from schemas as n)
            or r.oid in (select c.relowner from objects as c where c.is_ours)
            or r.oid in (select f.proowner from functions as f)
            or r.oid = (select d.datdba from platform as d)
        )
)

select
    'reach' as kind,
    f.role as object,
    f.object as property,
    f.path as value
from found as f
