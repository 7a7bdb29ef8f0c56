-- A view or function and all its dependants, nearest first, each with its definition.
-- kind null: an object that this cannot create again; description names it.
with recursive affected (classid, objid, depth) as (
    select %(classid)s::oid, %(objid)s::oid, 0
    union -- pg_depend has a row for each column
    -- the rule _RETURN is the view itself; other rules are objects of their own
    select
        case when r.rulename = '_RETURN' then 'pg_class'::regclass else d.classid end,
        case when r.rulename = '_RETURN' then r.ev_class else d.objid end,
        a.depth + 1
    from affected as a
    cross join lateral (
        select a.classid, a.objid
        union all -- the type of a view's rows, and of arrays of them
        select 'pg_type'::regclass, unnest(array[t.oid, t.typarray])
        from pg_catalog.pg_class as c
        inner join pg_catalog.pg_type as t on t.oid = c.reltype
        where a.classid = 'pg_class'::regclass and c.oid = a.objid
    ) as used (classid, objid)
    inner join pg_catalog.pg_depend as d
        on d.refclassid = used.classid and d.refobjid = used.objid
    left join pg_catalog.pg_rewrite as r
        on d.classid = 'pg_rewrite'::regclass and r.oid = d.objid
    where d.deptype in ('n', 'a')
        and coalesce(r.ev_class, 0) <> a.objid
        -- a view's array type, defaults, triggers, indexes and statistics are restored with it
        and d.classid <> 'pg_type'::regclass
        and not (
            d.classid = 'pg_attrdef'::regclass
            and exists (
                select
                from pg_catalog.pg_attrdef as f
                where f.oid = d.objid and f.adrelid = a.objid
            )
        )
        and not (
            a.classid = 'pg_class'::regclass
            and d.classid in ('pg_trigger'::regclass, 'pg_statistic_ext'::regclass)
        )
        and not (
            a.classid = 'pg_class'::regclass
            and d.classid = 'pg_class'::regclass
            and d.objid in (
                select i.indexrelid from pg_catalog.pg_index as i where i.indrelid = a.objid
            )
        )
),

objects as (
    select a.classid, a.objid, max(a.depth) as depth
    from affected as a
    left join pg_catalog.pg_rewrite as r
        on a.classid = 'pg_rewrite'::regclass and r.oid = a.objid
    left join pg_catalog.pg_trigger as t
        on a.classid = 'pg_trigger'::regclass and t.oid = a.objid
    -- rules and triggers are restored with their relation, a partition's with its parent's
    where coalesce(r.ev_class, t.tgrelid, 0) not in (
            select held.objid
            from affected as held
            where held.classid = 'pg_class'::regclass
        )
        and coalesce(t.tgparentid, 0) = 0
    group by a.classid, a.objid
),

-- how a trigger or rule is enabled, if not as when created
enabling (state, change) as (
    values
    ('D'::"char", 'disable'),
    ('R', 'enable replica'),
    ('A', 'enable always')
),

relations as (
    select
        o.classid,
        o.objid,
        case c.relkind when 'v' then 'view' when 'm' then 'materialized view' end as kind,
        c.relname as name,
        format('%%I.%%I', n.nspname, c.relname) as identity,
        format(
            'create %%s %%I.%%I%%s%%s%%s as %%s%%s',
            case c.relkind when 'v' then 'view' else 'materialized view' end,
            n.nspname,
            c.relname,
            ' using ' || quote_ident(m.amname),
            ' with (' || nullif(array_to_string(c.reloptions || array(
                select 'toast.' || option from unnest(toast.reloptions) as option
            ), ', '), '') || ')',
            ' tablespace ' || quote_ident(s.spcname),
            rtrim(pg_get_viewdef(c.oid), ';'),
            case when c.relkind = 'm' and not c.relispopulated then ' with no data' end
        ) as definition,
        c.relowner as owner,
        coalesce(c.relacl, acldefault('r', c.relowner))::text[] as acl,
        (
            select coalesce(array_agg(extra.sql order by extra.place), '{}')
            from (
                select
                    1,
                    format('alter view %%I.%%I alter column %%I set default %%s',
                        n.nspname, c.relname, a.attname, pg_get_expr(f.adbin, f.adrelid))
                from pg_catalog.pg_attrdef as f
                inner join pg_catalog.pg_attribute as a
                    on a.attrelid = f.adrelid and a.attnum = f.adnum
                where f.adrelid = c.oid
                union all
                select
                    2,
                    format('alter materialized view %%I.%%I alter column %%I %%s',
                        n.nspname, c.relname, a.attname, x.change)
                from pg_catalog.pg_attribute as a
                inner join pg_catalog.pg_type as t on t.oid = a.atttypid
                cross join lateral (
                    values
                    ('set statistics ' || nullif(a.attstattarget, -1)),
                    (
                        -- some servers have internal options besides those that DDL can set
                        'set (' || (
                            select string_agg(option, ', ')
                            from unnest(a.attoptions) as option
                            where option like 'n\_distinct%%'
                        ) || ')'
                    ),
                    (
                        'set storage ' || case when a.attstorage <> t.typstorage then
                            case a.attstorage
                                when 'p' then 'plain'
                                when 'e' then 'external'
                                when 'm' then 'main'
                                else 'extended'
                            end
                        end
                    ),
                    (
                        'set compression '
                        || case a.attcompression when 'p' then 'pglz' when 'l' then 'lz4' end
                    )
                ) as x (change)
                where a.attrelid = c.oid
                    and a.attnum > 0
                    and c.relkind = 'm'
                    and x.change is not null
                union all
                select
                    3,
                    format('comment on column %%I.%%I.%%I is %%L',
                        n.nspname, c.relname, a.attname, d.description)
                from pg_catalog.pg_description as d
                inner join pg_catalog.pg_attribute as a
                    on a.attrelid = d.objoid and a.attnum = d.objsubid
                where d.classoid = 'pg_class'::regclass and d.objoid = c.oid and d.objsubid > 0
                union all
                select
                    4,
                    format('grant %%s (%%I) on table %%I.%%I to %%s%%s',
                        x.privilege_type, a.attname, n.nspname, c.relname,
                        case x.grantee when 0 then 'public' else x.grantee::regrole::text end,
                        case when x.is_grantable then ' with grant option' end)
                from pg_catalog.pg_attribute as a
                cross join lateral aclexplode(a.attacl) as x
                where a.attrelid = c.oid
            ) as extra (place, sql)
        ) as extras,
        (
            select coalesce(
                jsonb_agg(jsonb_build_array(own.name, own.sql, own.plain) order by own.place), '[]'
            )
            from (
                select 1, t.tgname, pg_get_triggerdef(t.oid), null
                from pg_catalog.pg_trigger as t
                where t.tgrelid = c.oid and not t.tgisinternal
                union all
                select 2, t.tgname, format('alter table %%I.%%I %%s trigger %%I', n.nspname,
                    c.relname, e.change, t.tgname), null
                from pg_catalog.pg_trigger as t
                inner join enabling as e on e.state = t.tgenabled
                where t.tgrelid = c.oid and not t.tgisinternal
                union all
                select 1, r.rulename, pg_get_ruledef(r.oid), null
                from pg_catalog.pg_rewrite as r
                where r.ev_class = c.oid and r.rulename <> '_RETURN'
                union all
                select 2, r.rulename, format('alter table %%I.%%I %%s rule %%I', n.nspname,
                    c.relname, e.change, r.rulename), null
                from pg_catalog.pg_rewrite as r
                inner join enabling as e on e.state = r.ev_enabled
                where r.ev_class = c.oid and r.rulename <> '_RETURN'
                union all
                -- the definition without the name shows whether an equal index exists
                select 1, x.relname, pg_get_indexdef(x.oid),
                    replace(pg_get_indexdef(x.oid), format('INDEX %%I ON', x.relname), 'INDEX ON')
                from pg_catalog.pg_index as i
                inner join pg_catalog.pg_class as x on x.oid = i.indexrelid
                where i.indrelid = c.oid
                union all
                select 2, x.relname, format('alter index %%I.%%I set tablespace %%I', n.nspname,
                    x.relname, p.spcname), null
                from pg_catalog.pg_index as i
                inner join pg_catalog.pg_class as x on x.oid = i.indexrelid
                inner join pg_catalog.pg_tablespace as p on p.oid = x.reltablespace
                where i.indrelid = c.oid
                union all
                select 2, x.relname, format('alter materialized view %%I.%%I cluster on %%I',
                    n.nspname, c.relname, x.relname), null
                from pg_catalog.pg_index as i
                inner join pg_catalog.pg_class as x on x.oid = i.indexrelid
                where i.indrelid = c.oid and i.indisclustered
                union all
                select
                    2,
                    x.relname,
                    format('alter index %%I.%%I alter column %%s set statistics %%s',
                        n.nspname, x.relname, a.attnum, a.attstattarget),
                    null
                from pg_catalog.pg_index as i
                inner join pg_catalog.pg_class as x on x.oid = i.indexrelid
                inner join pg_catalog.pg_attribute as a on a.attrelid = x.oid
                where i.indrelid = c.oid and a.attstattarget >= 0
                union all
                select 1, s.stxname, pg_get_statisticsobjdef(s.oid), null
                from pg_catalog.pg_statistic_ext as s
                where s.stxrelid = c.oid
                union all
                select 2, s.stxname, x.change, null
                from pg_catalog.pg_statistic_ext as s
                inner join pg_catalog.pg_namespace as sn on sn.oid = s.stxnamespace
                cross join lateral (
                    values
                    (format('alter statistics %%I.%%I owner to %%s', sn.nspname, s.stxname,
                        s.stxowner::regrole)),
                    (format('alter statistics %%I.%%I set statistics ', sn.nspname, s.stxname)
                        || nullif(s.stxstattarget, -1))
                ) as x (change)
                where s.stxrelid = c.oid and x.change is not null
                union all
                select 3, d.name, format('comment on %%s is %%L', d.what, d.description), null
                from (
                    select
                        t.tgname as name,
                        format('trigger %%I on %%I.%%I', t.tgname, n.nspname, c.relname) as what,
                        obj_description(t.oid, 'pg_trigger') as description
                    from pg_catalog.pg_trigger as t
                    where t.tgrelid = c.oid
                    union all
                    select
                        r.rulename,
                        format('rule %%I on %%I.%%I', r.rulename, n.nspname, c.relname),
                        obj_description(r.oid, 'pg_rewrite')
                    from pg_catalog.pg_rewrite as r
                    where r.ev_class = c.oid
                    union all
                    select
                        x.relname,
                        format('index %%I.%%I', n.nspname, x.relname),
                        obj_description(x.oid, 'pg_class')
                    from pg_catalog.pg_index as i
                    inner join pg_catalog.pg_class as x on x.oid = i.indexrelid
                    where i.indrelid = c.oid
                    union all
                    select
                        s.stxname,
                        format('statistics %%I.%%I', sn.nspname, s.stxname),
                        obj_description(s.oid, 'pg_statistic_ext')
                    from pg_catalog.pg_statistic_ext as s
                    inner join pg_catalog.pg_namespace as sn on sn.oid = s.stxnamespace
                    where s.stxrelid = c.oid
                ) as d
                where d.description is not null
            ) as own (place, name, sql, plain)
        ) as attachments
    from objects as o
    inner join pg_catalog.pg_class as c on c.oid = o.objid
    inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    left join pg_catalog.pg_am as m on m.oid = c.relam
    left join pg_catalog.pg_tablespace as s on s.oid = c.reltablespace
    left join pg_catalog.pg_class as toast on toast.oid = c.reltoastrelid
    where o.classid = 'pg_class'::regclass and c.relkind in ('v', 'm')
),

functions as (
    select
        o.classid,
        o.objid,
        case p.prokind when 'p' then 'procedure' else 'function' end as kind,
        p.proname as name,
        format('%%I.%%I(%%s)', n.nspname, p.proname, (
            select coalesce(
                string_agg(format('%%I.%%I', tn.nspname, t.typname), ', ' order by a.place), ''
            )
            from unnest(p.proargtypes) with ordinality as a (typeid, place)
            inner join pg_catalog.pg_type as t on t.oid = a.typeid
            inner join pg_catalog.pg_namespace as tn on tn.oid = t.typnamespace
        )) as identity,
        pg_get_functiondef(p.oid) as definition,
        p.proowner as owner,
        coalesce(p.proacl, acldefault('f', p.proowner))::text[] as acl,
        '{}'::text[] as extras,
        '[]'::jsonb as attachments
    from objects as o
    inner join pg_catalog.pg_proc as p on p.oid = o.objid
    inner join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
    where o.classid = 'pg_proc'::regclass and p.prokind in ('f', 'p', 'w')
),

-- objects on a table that use the view or function, and have no owner or privileges
on_tables as (
    select
        'pg_policy'::regclass as classid,
        p.oid as objid,
        'policy' as kind,
        p.polname as name,
        p.polrelid as relid,
        format(
            'create policy %%I on %%s as %%s for %%s to %%s%%s%%s',
            p.polname,
            p.polrelid::regclass,
            case when p.polpermissive then 'permissive' else 'restrictive' end,
            case p.polcmd
                when 'r' then 'select'
                when 'a' then 'insert'
                when 'w' then 'update'
                when 'd' then 'delete'
                else 'all'
            end,
            (
                select string_agg(
                    case role when 0 then 'public' else role::regrole::text end, ', '
                )
                from unnest(p.polroles) as role
            ),
            ' using (' || pg_get_expr(p.polqual, p.polrelid) || ')',
            ' with check (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')'
        ) as definition,
        null::"char" as state
    from pg_catalog.pg_policy as p
    union all
    select
        'pg_rewrite'::regclass, r.oid, 'rule', r.rulename, r.ev_class, pg_get_ruledef(r.oid),
        r.ev_enabled
    from pg_catalog.pg_rewrite as r
    where r.rulename <> '_RETURN'
    union all
    select
        'pg_trigger'::regclass, t.oid, 'trigger', t.tgname, t.tgrelid, pg_get_triggerdef(t.oid),
        t.tgenabled
    from pg_catalog.pg_trigger as t
    where not t.tgisinternal
),

attached as (
    select
        o.classid,
        o.objid,
        x.kind,
        ''::name as name, -- no file of views/ creates it
        format('%%I on %%s', x.name, x.relid::regclass) as identity,
        x.definition,
        null::oid as owner,
        null::text[] as acl,
        array(
            select format('alter table %%s %%s %%s %%I',
                x.relid::regclass, e.change, x.kind, x.name)
            from enabling as e
            where e.state = x.state
        ) as extras,
        '[]'::jsonb as attachments
    from objects as o
    inner join on_tables as x on x.classid = o.classid and x.objid = o.objid
)

select
    found.kind,
    pg_describe_object(o.classid, o.objid, 0) as description,
    found.name::text as name,
    found.identity,
    found.definition,
    found.owner::regrole::text as owner,
    found.acl,
    found.extras,
    found.attachments,
    obj_description(o.objid, o.classid::regclass::name) as comment
from objects as o
left join (
    select * from relations
    union all
    select * from functions
    union all
    select * from attached
) as found
    on found.classid = o.classid and found.objid = o.objid
order by o.depth, o.objid
