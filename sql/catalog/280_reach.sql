-- 280_reach: every path by which users of the API reach a table of ours, auth.users, or a function
-- with more rights than theirs, in any schema.
-- Why: row level security guards a table only on the path that it was written for. So this query
-- asks what Postgres allows, not what a view or function is meant for: grants to a role or to any
-- it may become, ownership, views and rules with their owner's rights, materialized views, parents
-- read in place of their children, SECURITY DEFINER functions, functions that assume a role or
-- connect elsewhere, foreign servers. A path that the snapshot does not have is a security finding.
-- Objects that the platform owns in its own schemas are not stated. A view whose owner is subject
-- to row level security is not a path. An invoker view is a path only where there is no other: a
-- view, policy, default, operator, cast or parsed body needs no USAGE on the schemas it names.
-- Each part is materialized: planned together they take the planner twice as long.
-- noqa: disable=AL03, AL08, LT09, LT14, RF02, RF03
with recursive subjects as materialized (
    select
        a.name as role,
        a.acts_as,
        w.label
    from api as a
    inner join roles as w on a.acts_as = w.oid
    where a.name in ('anon', 'authenticated')
),

-- Platform objects: in a schema of the platform, and owned by it.
own as materialized (
    select
        s.oid as schema,
        r.oid as owner
    from platform_schemas as s
    cross join roles as r
    where r.is_super or r.is_supabase
),

visible as materialized (
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
    union
    -- A role that reads all data needs no USAGE on a schema.
    select
        s.role,
        n.oid
    from subjects as s
    cross join pg_catalog.pg_namespace as n
    where s.label in ('pg_read_all_data', 'pg_write_all_data')
),

-- Relations that users created, without those in temporary schemas.
objects as materialized (
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
        c.relkind <> 'v' and (
            c.oid in (select r.oid from relations as r)
            or (
                c.relname = 'users'
                and c.relnamespace = pg_catalog.to_regnamespace('auth')
            )
        ) as is_target,
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

-- What each subject may do with each relation, and by which grant.
held as materialized (
    select
        s.role,
        c.oid as relation,
        pg_catalog.lower(entry.privilege_type collate "C") as privilege,
        s.label
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
        s.label
    from objects as c
    inner join pg_catalog.pg_attribute as a on c.oid = a.attrelid
    cross join lateral pg_catalog.aclexplode(a.attacl) as entry
    inner join subjects as s on entry.grantee = s.acts_as
    where
        a.attacl is not null
        and not a.attisdropped
        and entry.privilege_type in ('SELECT', 'INSERT', 'UPDATE')
    union
    select
        s.role,
        c.oid,
        case
            when c.relowner = s.acts_as then 'everything'
            when s.label = 'pg_read_all_data' then 'select'
            else 'insert, update, delete'
        end,
        s.label
    from objects as c
    inner join subjects as s
        on
            c.relowner = s.acts_as
            or s.label in ('pg_read_all_data', 'pg_write_all_data')
),

entries as materialized (
    select distinct
        h.role,
        h.relation
    from held as h
    inner join objects as c on h.relation = c.oid
    inner join visible as v on h.role = v.role and c.relnamespace = v.schema
),

-- Relations that rules name; once each, for any number of columns.
named as materialized (
    select distinct
        d.objid as rule,
        d.refobjid as target
    from pg_catalog.pg_depend as d
    where
        d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
        and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
        and d.deptype = 'n'
        and d.objid >= 16384
),

-- Steps from one relation to the next, with their kind.
steps as materialized (
    select distinct
        w.ev_class as source,
        n.target,
        case when w.rulename = '_RETURN' then 'view' else 'rule' end as way
    from named as n
    inner join pg_catalog.pg_rewrite as w on n.rule = w.oid and n.target <> w.ev_class
    inner join objects as c on w.ev_class = c.oid
    where
        -- A view that only names a relation, as in 'public.users'::regclass, reads nothing.
        w.ev_action::pg_catalog.text ~ pg_catalog.format(':relid %s\M', n.target)
        and not c.is_platform
    union all
    select
        h.inhparent,
        h.inhrelid,
        'parent'
    from pg_catalog.pg_inherits as h
    inner join objects as c on h.inhrelid = c.oid
),

-- Objects that invoker functions name in parsed bodies.
bodies as materialized (
    select
        p.oid as function,
        d.refclassid as class,
        d.refobjid as object
    from pg_catalog.pg_proc as p
    inner join pg_catalog.pg_depend as d
        on
            d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
            and p.oid = d.objid
            and d.deptype = 'n'
    where p.prosqlbody is not null and not p.prosecdef and p.oid >= 16384
    union
    select
        b.function,
        d.refclassid,
        d.refobjid
    from bodies as b
    inner join pg_catalog.pg_proc as p
        on b.class = 'pg_catalog.pg_proc'::pg_catalog.regclass and b.object = p.oid
    inner join pg_catalog.pg_depend as d
        on b.class = d.classid and p.oid = d.objid and d.deptype = 'n'
    where p.prosqlbody is not null and not p.prosecdef
),

-- Roles that may call those.
callable as materialized (
    select distinct
        s.role,
        p.oid as function,
        pg_catalog.format(
            'function %s.%I(%s)',
            p.pronamespace::pg_catalog.regnamespace,
            p.proname,
            pg_catalog.oidvectortypes(p.proargtypes)
        ) as name
    from pg_catalog.pg_proc as p
    cross join
        lateral pg_catalog.aclexplode(
            coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))
        ) as entry
    inner join subjects as s on entry.grantee = s.acts_as
    inner join visible as v on s.role = v.role and p.pronamespace = v.schema
    where p.oid in (select b.function from bodies as b)
),

-- Paths from an entry on. reader is the role whose rights count: null for the caller's own. The
-- owner of a materialized view read its contents, and so is the caller of what it names; the
-- children of a parent are read without a check.
paths (role, relation, caller, reader, is_unasked, path, trail) as materialized (
    select
        e.role,
        e.relation,
        null::pg_catalog.oid,
        null::pg_catalog.oid,
        false,
        null::pg_catalog.text collate "C",
        array[e.relation]
    from entries as e
    where e.relation in (select s.source from steps as s)
    union all
    select
        k.role,
        b.object,
        null,
        null,
        false,
        k.name collate "C",
        array[b.object]
    from callable as k
    inner join bodies as b
        on k.function = b.function and b.class = 'pg_catalog.pg_class'::pg_catalog.regclass
    where
        (k.role, b.object) in (select h.role, h.relation from held as h)
        and (k.role, b.object) not in (select e.role, e.relation from entries as e)
    union all
    select
        p.role,
        s.target,
        n.caller,
        n.reader,
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
                case when c.relkind = 'm' then c.relowner else p.caller end,
                case
                    when s.way = 'parent' then p.reader
                    when c.is_invoker then p.caller
                    else c.relowner
                end
            )
        ) as n (caller, reader)
    left join roles as w on n.reader = w.oid
    where
        s.way = 'parent'
        or n.caller is not null
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

-- Functions that run as another role, assume a role, or connect elsewhere; those in an untrusted
-- language, which have the server's own rights; and aggregates of such functions.
elevated as materialized (
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
            when p.prokind = 'a' then 'has a step that runs with other rights'
            when not l.lanpltrusted and l.lanname not in ('c', 'internal')
                then 'runs with the server''s own rights'
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
            or p.proconfig::pg_catalog.text ~ '[{,"](role|session_authorization)='
            or (
                p.prokind = 'a'
                and p.oid in (
                    select a.objid
                    from pg_catalog.pg_depend as a
                    inner join pg_catalog.pg_proc as s on a.refobjid = s.oid
                    where
                        a.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
                        and a.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
                        and s.prosecdef
                )
            )
            or (not l.lanpltrusted and l.lanname not in ('c', 'internal'))
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

-- Roles that may execute each of them, and call it by name.
executable as materialized (
    select distinct
        s.role,
        f.oid,
        s.label,
        not f.is_fired
        and not f.is_platform
        and (s.role, f.schema) in (
            select
                v.role,
                v.schema
            from visible as v
        ) as is_called
    from elevated as f
    cross join lateral pg_catalog.aclexplode(f.acl) as entry
    inner join subjects as s on entry.grantee = s.acts_as or f.owner = s.acts_as
    where entry.privilege_type = 'EXECUTE'
),

-- What calls one of them under any name: an operator, or an invoker function.
aliases as materialized (
    select
        'pg_catalog.pg_proc'::pg_catalog.regclass as class,
        f.oid as object,
        f.oid as function
    from elevated as f
    union all
    select
        'pg_catalog.pg_operator'::pg_catalog.regclass,
        o.oid,
        o.oprcode
    from pg_catalog.pg_operator as o
    inner join elevated as f on o.oprcode = f.oid
    union all
    select
        'pg_catalog.pg_proc'::pg_catalog.regclass,
        b.function,
        f.oid
    from bodies as b
    left join pg_catalog.pg_operator as o
        on b.class = 'pg_catalog.pg_operator'::pg_catalog.regclass and b.object = o.oid
    inner join elevated as f
        on f.oid = case b.class
            when 'pg_catalog.pg_proc'::pg_catalog.regclass then b.object
            else o.oprcode
        end
),

-- Relations whose use calls a function: by a trigger, or by their definitions.
callers as materialized (
    select
        t.tgrelid as relation,
        t.tgfoid as function,
        'trigger' as way
    from pg_catalog.pg_trigger as t
    where
        (not t.tgisinternal or t.tgconstraint = 0)
        -- A trigger function of ours does the same for tables elsewhere as for ours.
        and (
            t.tgrelid in (select r.oid from relations as r)
            or t.tgfoid not in (select f.oid from functions as f)
        )
    union
    select
        coalesce(w.ev_class, y.polrelid, a.adrelid, k.conrelid),
        n.function,
        case
            when w.oid is not null then 'view'
            when y.oid is not null then 'policy'
            when a.oid is not null then 'default'
            else 'constraint'
        end
    from aliases as n
    inner join pg_catalog.pg_depend as d on n.class = d.refclassid and n.object = d.refobjid
    left join pg_catalog.pg_rewrite as w
        on d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and d.objid = w.oid
    left join pg_catalog.pg_policy as y
        on d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass and d.objid = y.oid
    left join pg_catalog.pg_attrdef as a
        on d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass and d.objid = a.oid
    left join pg_catalog.pg_constraint as k
        on d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass and d.objid = k.oid
    where coalesce(w.ev_class, y.polrelid, a.adrelid, k.conrelid) <> 0
    union
    -- The check of a domain runs for each column of that type.
    select
        t.attrelid,
        n.function,
        'domain'
    from aliases as n
    inner join pg_catalog.pg_depend as d
        on
            n.class = d.refclassid
            and n.object = d.refobjid
            and d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass
    inner join pg_catalog.pg_constraint as k on d.objid = k.oid
    inner join pg_catalog.pg_attribute as t on k.contypid = t.atttypid and k.contypid <> 0
),

reached as materialized (
    select
        h.role,
        h.relation,
        null as path,
        pg_catalog.bool_or(h.privilege !~ '^select') as writes
    from held as h
    inner join entries as e on h.role = e.role and h.relation = e.relation
    group by h.role, h.relation
    union
    select
        p.role,
        p.relation,
        p.path,
        -- A trigger of ours fires wherever our table is reached, which is stated already.
        p.caller is null and not c.is_ours
    from paths as p
    inner join objects as c on p.relation = c.oid
    where p.path is not null
),

-- What calls a function for which role: reachable relations, functions, operators and casts.
calls (role, function, by, is_fired) as materialized (
    select
        r.role,
        x.function,
        pg_catalog.concat(x.way, ' of ', c.name),
        x.way = 'trigger' and r.writes
    from callers as x
    inner join reached as r on x.relation = r.relation
    inner join objects as c on x.relation = c.oid
    union
    select
        k.role,
        a.function,
        k.name,
        false
    from callable as k
    inner join aliases as a
        on a.class = 'pg_catalog.pg_proc'::pg_catalog.regclass and k.function = a.object
    union
    select
        v.role,
        o.oprcode,
        'operator ' || o.oid::pg_catalog.regoperator::pg_catalog.text,
        false
    from pg_catalog.pg_operator as o
    inner join visible as v on o.oprnamespace = v.schema
    where o.oprcode in (select f.oid from elevated as f)
    union
    select
        s.role,
        k.castfunc,
        pg_catalog.format(
            'cast of %s to %s',
            pg_catalog.format_type(k.castsource, null),
            pg_catalog.format_type(k.casttarget, null)
        ),
        false
    from pg_catalog.pg_cast as k
    cross join subjects as s
    where k.castfunc in (select f.oid from elevated as f)
),

found (role, object, path) as materialized (
    -- Grants on tables of ours and on auth.users.
    select
        h.role,
        c.name,
        pg_catalog.concat(h.privilege, ' granted to ', h.label)
    from held as h
    inner join entries as e on h.role = e.role and h.relation = e.relation
    inner join objects as c on h.relation = c.oid
    where c.is_target
    union
    -- The same, through other objects.
    select
        p.role,
        c.name,
        p.path
    from paths as p
    inner join objects as c on p.relation = c.oid
    left join pg_catalog.pg_roles as r on p.reader = r.oid
    where
        c.is_target
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
        e.role,
        f.name,
        pg_catalog.concat('execute granted to ', e.label, ', ', f.rights)
    from executable as e
    inner join elevated as f on e.oid = f.oid
    where e.is_called
    union
    -- Firing a trigger needs no right to its function; other calls do.
    select
        x.role,
        f.name,
        pg_catalog.concat(x.by, ', ', f.rights)
    from calls as x
    inner join elevated as f on x.function = f.oid
    where
        (not f.is_platform or f.name = 'extension dblink')
        and case
            when f.is_fired then x.is_fired
            else
                (x.role, f.oid) in (
                    select
                        e.role,
                        e.oid
                    from executable as e
                    where not e.is_called
                )
        end
    union
    select
        r.role,
        'foreign table ' || c.name,
        pg_catalog.concat(r.path || ' -> ', 'on server ', pg_catalog.quote_ident(s.srvname))
    from reached as r
    inner join objects as c on r.relation = c.oid and c.relkind = 'f'
    inner join pg_catalog.pg_foreign_table as t on c.oid = t.ftrelid
    inner join pg_catalog.pg_foreign_server as s on t.ftserver = s.oid
    union
    select
        u.role,
        'server ' || pg_catalog.quote_ident(s.srvname),
        pg_catalog.concat('usage granted to ', u.label)
    from pg_catalog.pg_foreign_server as s
    cross join
        lateral pg_catalog.aclexplode(
            coalesce(s.srvacl, pg_catalog.acldefault('S', s.srvowner))
        ) as entry
    inner join subjects as u on entry.grantee = u.acts_as
    union
    -- Powerful roles that a subject may become.
    select
        s.role,
        'role ' || pg_catalog.quote_ident(r.rolname),
        case
            when m.roleid is null then 'may become it, through another'
            else 'member of it'
        end
    from subjects as s
    inner join powers as r on s.acts_as = r.oid
    left join pg_catalog.pg_auth_members as m
        on r.oid = m.roleid and m.member = pg_catalog.to_regrole(s.role)
    where r.rolname <> s.role
)

select
    'reach' as kind,
    f.role as object,
    f.object as property,
    f.path as value
from found as f
