-- 102_workers: workers where a table, a shard, a function or a role differs from the coordinator.
-- Why: a worker checks row level security itself, with its own policies, rights and roles. A change
-- there by hand changes no fact of the coordinator. So every machine states what matters of each,
-- shards under the name of their table, and the coordinator must state the same as each worker.
-- Names of constraints, indexes and triggers are left out: those of shards differ.
with asked as (
    select
        n.groupid = 0 as is_here,
        pg_catalog.format('%s:%s', n.nodename, n.nodeport) as node,
        a.success,
        a.result
    from pg_catalog.run_command_on_all_nodes($$
with settings as materialized (
    select
        pg_catalog.set_config('lock_timeout', '5s', true),
        pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true)
),
part as (
    select p.logicalrelid as relation, p.logicalrelid::pg_catalog.oid as oid, false as is_part
    from settings
    cross join pg_catalog.pg_dist_partition as p
    union all
    select s.logicalrelid, c.oid, true
    from pg_catalog.pg_dist_shard as s
    inner join pg_catalog.pg_dist_placement as p on s.shardid = p.shardid
    inner join pg_catalog.pg_dist_local_group as here on p.groupid = here.groupid
    inner join pg_catalog.pg_class as its on its.oid = s.logicalrelid
    cross join lateral pg_catalog.parse_ident(
        pg_catalog.shard_name(s.logicalrelid, s.shardid)
    ) as called (name)
    inner join pg_catalog.pg_class as c
        on
            c.relnamespace = its.relnamespace
            and c.relname = called.name[pg_catalog.cardinality(called.name)]
),
stated as (
    select 'table' as kind, p.relation::pg_catalog.regclass::pg_catalog.text as object,
        x.aspect, x.value, p.is_part
    from part as p
    inner join pg_catalog.pg_class as c on p.oid = c.oid
    cross join lateral (
        values
        ('row level security', pg_catalog.concat(c.relrowsecurity, c.relforcerowsecurity)),
        ('rights', pg_catalog.concat(
            pg_catalog.pg_get_userbyid(c.relowner), ' ',
            (select pg_catalog.string_agg(e::pg_catalog.text, ',' order by e::pg_catalog.text)
            from pg_catalog.unnest(c.relacl) as e)
        )),
        ('columns', (
            select pg_catalog.string_agg(pg_catalog.concat_ws(
                ' ', a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull,
                a.attacl, pg_catalog.pg_get_expr(d.adbin, d.adrelid)
            ), ',' order by a.attname)
            from pg_catalog.pg_attribute as a
            left join pg_catalog.pg_attrdef as d on a.attrelid = d.adrelid and a.attnum = d.adnum
            where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        )),
        ('policies', (
            select pg_catalog.string_agg(pg_catalog.concat_ws(
                ' ', y.polname, y.polcmd, y.polpermissive,
                (select pg_catalog.string_agg(r.rolname, ',' order by r.rolname)
                from pg_catalog.pg_roles as r where r.oid = any(y.polroles)),
                pg_catalog.pg_get_expr(y.polqual, y.polrelid), '/',
                pg_catalog.pg_get_expr(y.polwithcheck, y.polrelid)
            ), ',' order by y.polname)
            from pg_catalog.pg_policy as y
            where y.polrelid = c.oid
        )),
        ('triggers', (
            select pg_catalog.string_agg(t.text, ',' order by t.text collate "C") from (
                select pg_catalog.concat_ws(
                    ' ', t.tgfoid::pg_catalog.regprocedure, t.tgtype, t.tgenabled, t.tgargs,
                    t.tgoldtable, t.tgnewtable, t.tgqual is null
                ) as text
                from pg_catalog.pg_trigger as t
                where t.tgrelid = c.oid and not t.tgisinternal
            ) as t
        )),
        ('constraints', (
            select pg_catalog.string_agg(k.text, ',' order by k.text collate "C") from (
                select pg_catalog.concat_ws(
                    ' ', k.contype, k.convalidated, k.confdeltype, k.condeferrable,
                    array(
                        select a.attname from pg_catalog.unnest(k.conkey)
                        with ordinality as key (attnum, place)
                        inner join pg_catalog.pg_attribute as a
                            on a.attrelid = k.conrelid and a.attnum = key.attnum
                        where k.contype <> 'c'
                        order by key.place
                    ),
                    pg_catalog.pg_get_expr(k.conbin, k.conrelid)
                ) as text
                from pg_catalog.pg_constraint as k
                where k.conrelid = c.oid and k.contype in ('c', 'f', 'p', 'u', 'x')
            ) as k
        ))
    ) as x (aspect, value)
    union all
    select 'function', p.oid::pg_catalog.regprocedure::pg_catalog.text, 'definition',
        pg_catalog.concat_ws(
            ' ', l.lanname, p.provolatile, p.prosecdef, p.proconfig, p.prosrc,
            pg_catalog.pg_get_userbyid(p.proowner),
            (select pg_catalog.string_agg(e::pg_catalog.text, ',' order by e::pg_catalog.text)
            from pg_catalog.unnest(p.proacl) as e)
        ), false
    from pg_catalog.pg_proc as p
    inner join pg_catalog.pg_namespace as n on p.pronamespace = n.oid
    inner join pg_catalog.pg_language as l on p.prolang = l.oid
    where n.nspname in ('public', 'audit', 'auth') and l.lanname <> 'c'
    union all
    select 'role', r.rolname, 'attributes', pg_catalog.concat_ws(
        ' ', r.rolsuper, r.rolbypassrls, r.rolcreaterole, r.rolcreatedb, r.rolreplication,
        array(
            select m.roleid::pg_catalog.regrole::pg_catalog.text
            from pg_catalog.pg_auth_members as m
            where m.member = r.oid
            order by 1
        )
    ), false
    from pg_catalog.pg_roles as r
    where r.rolname in ('anon', 'authenticated', 'service_role')
)
select pg_catalog.json_agg(s) from (
    select s.kind, s.object, s.aspect, pg_catalog.md5(s.value) as value, s.is_part,
        pg_catalog.count(*) as n
    from stated as s
    group by s.kind, s.object, s.aspect, s.value, s.is_part
) as s
    $$) as a
    inner join pg_catalog.pg_dist_node as n on a.nodeid = n.nodeid
),

stated as (
    select
        a.is_here,
        a.node,
        s.*
    from asked as a
    cross join
        lateral pg_catalog.json_to_recordset(case when a.success then a.result::pg_catalog.json end)
            as s (
                kind pg_catalog.text,
                object pg_catalog.text,
                aspect pg_catalog.text,
                value pg_catalog.text,
                is_part pg_catalog.bool,
                n pg_catalog.int8
            )
)

select
    'security' as severity,
    w.object,
    pg_catalog.format(
        '%s %s: its %s on %s%s: not what the coordinator has.',
        w.kind, w.object, w.aspect, w.node,
        case when w.is_part then pg_catalog.format(', in %s of its shards there', w.n) end
    ) as finding,
    null as remedy,
    'Mend it on that machine by hand, as the coordinator has it, and find out who changed it.'
        as advice
from stated as w
where
    (w.is_part or not w.is_here)
    and not exists (
        select from stated as here
        where
            here.is_here
            and not here.is_part
            and (here.kind, here.object, here.aspect) = (w.kind, w.object, w.aspect)
            and here.value is not distinct from w.value
    )
union all
select
    'integrity' as severity,
    a.node as object,
    pg_catalog.format('The machine could not be asked for what it has: %s', a.result) as finding,
    null as remedy,
    'Look whether it runs and lets the coordinator in.' as advice
from asked as a
where not a.success
