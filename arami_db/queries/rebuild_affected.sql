-- A view or function and all that stands on it, nearest first, each with what re-creates it.
-- kind null: something that cannot be re-created from here; description says what it is.
with recursive affected (classid, objid, depth) as (
    select %(classid)s::oid, %(objid)s::oid, 0
    union -- pg_depend has a row a column
    select
        case when d.classid = 'pg_rewrite'::regclass then 'pg_class'::regclass else d.classid end,
        coalesce(r.ev_class, d.objid),
        a.depth + 1
    from affected as a
    inner join pg_catalog.pg_depend as d
        on (d.refclassid = a.classid and d.refobjid = a.objid)
        or (
            a.classid = 'pg_class'::regclass
            and d.refclassid = 'pg_type'::regclass
            and d.refobjid in (
                select unnest(array[t.oid, t.typarray])
                from pg_catalog.pg_type as t
                where t.typrelid = a.objid
            )
        )
    left join pg_catalog.pg_rewrite as r
        on d.classid = 'pg_rewrite'::regclass and r.oid = d.objid
    where d.deptype in ('n', 'a')
        and coalesce(r.ev_class, 0) <> a.objid
        -- a view's own array type, defaults, triggers and indexes come back with it, below
        and d.classid <> 'pg_type'::regclass
        and not (
            d.classid = 'pg_attrdef'::regclass
            and exists (
                select
                from pg_catalog.pg_attrdef as f
                where f.oid = d.objid and f.adrelid = a.objid
            )
        )
        and not (a.classid = 'pg_class'::regclass and d.classid = 'pg_trigger'::regclass)
        and not (
            a.classid = 'pg_class'::regclass
            and d.classid = 'pg_class'::regclass
            and d.objid in (
                select i.indexrelid from pg_catalog.pg_index as i where i.indrelid = a.objid
            )
        )
),

objects as (
    select classid, objid, max(depth) as depth
    from affected
    group by classid, objid
),

relations as (
    select
        o.classid,
        o.objid,
        case c.relkind when 'v' then 'view' when 'm' then 'materialized view' end as kind,
        c.relname as name,
        format('%%I.%%I', n.nspname, c.relname) as identity,
        format(
            'create %%s %%I.%%I%%s as %%s%%s',
            case c.relkind when 'v' then 'view' else 'materialized view' end,
            n.nspname,
            c.relname,
            ' with (' || array_to_string(c.reloptions, ', ') || ')',
            rtrim(pg_get_viewdef(c.oid), ';'),
            case when c.relkind = 'm' and not c.relispopulated then ' with no data' end
        ) as definition,
        c.relowner as owner,
        coalesce(c.relacl, acldefault('r', c.relowner))::text[] as acl,
        (
            select coalesce(array_agg(extra.sql order by extra.place), '{}')
            from (
                select 1, pg_get_triggerdef(t.oid)
                from pg_catalog.pg_trigger as t
                where t.tgrelid = c.oid and not t.tgisinternal
                union all
                select 2, pg_get_ruledef(r.oid)
                from pg_catalog.pg_rewrite as r
                where r.ev_class = c.oid and r.rulename <> '_RETURN'
                union all
                select 3, pg_get_indexdef(i.indexrelid)
                from pg_catalog.pg_index as i
                where i.indrelid = c.oid
                union all
                select
                    7,
                    format('comment on trigger %%I on %%I.%%I is %%L', t.tgname, n.nspname,
                        c.relname, obj_description(t.oid, 'pg_trigger'))
                from pg_catalog.pg_trigger as t
                where t.tgrelid = c.oid and obj_description(t.oid, 'pg_trigger') is not null
                union all
                select
                    7,
                    format('comment on rule %%I on %%I.%%I is %%L', r.rulename, n.nspname,
                        c.relname, obj_description(r.oid, 'pg_rewrite'))
                from pg_catalog.pg_rewrite as r
                where r.ev_class = c.oid and obj_description(r.oid, 'pg_rewrite') is not null
                union all
                select
                    7,
                    format('comment on index %%I.%%I is %%L', n.nspname, x.relname,
                        obj_description(x.oid, 'pg_class'))
                from pg_catalog.pg_index as i
                inner join pg_catalog.pg_class as x on x.oid = i.indexrelid
                where i.indrelid = c.oid and obj_description(x.oid, 'pg_class') is not null
                union all
                select
                    4,
                    format('alter view %%I.%%I alter column %%I set default %%s',
                        n.nspname, c.relname, a.attname, pg_get_expr(f.adbin, f.adrelid))
                from pg_catalog.pg_attrdef as f
                inner join pg_catalog.pg_attribute as a
                    on a.attrelid = f.adrelid and a.attnum = f.adnum
                where f.adrelid = c.oid
                union all
                select
                    5,
                    format('comment on column %%I.%%I.%%I is %%L',
                        n.nspname, c.relname, a.attname, d.description)
                from pg_catalog.pg_description as d
                inner join pg_catalog.pg_attribute as a
                    on a.attrelid = d.objoid and a.attnum = d.objsubid
                where d.classoid = 'pg_class'::regclass and d.objoid = c.oid and d.objsubid > 0
                union all
                select
                    6,
                    format('grant %%s (%%I) on table %%I.%%I to %%s%%s',
                        x.privilege_type, a.attname, n.nspname, c.relname,
                        case x.grantee when 0 then 'public' else x.grantee::regrole::text end,
                        case when x.is_grantable then ' with grant option' end)
                from pg_catalog.pg_attribute as a
                cross join lateral aclexplode(a.attacl) as x
                where a.attrelid = c.oid
            ) as extra (place, sql)
        ) as extras
    from objects as o
    inner join pg_catalog.pg_class as c on c.oid = o.objid
    inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
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
        '{}'::text[] as extras
    from objects as o
    inner join pg_catalog.pg_proc as p on p.oid = o.objid
    inner join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
    where o.classid = 'pg_proc'::regclass and p.prokind in ('f', 'p', 'w')
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
    obj_description(o.objid, o.classid::regclass::name) as comment
from objects as o
left join (
    select * from relations
    union all
    select * from functions
) as found
    on found.classid = o.classid and found.objid = o.objid
order by o.depth, o.objid
