-- 020_environment_owners: objects of the schema that an API role owns.
-- Why: row level security and grants do not limit an owner, who may drop or rewrite the object. The
-- remedy gives it to the owner of the rest. The sequence of a column and the row type of a table
-- follow their table. Functions of extensions count: their owner may rewrite them.
with owned (kind, object, owner) as (
    select
        g.kind,
        g.object,
        g.owner
    from grantables as g
    left join pg_catalog.pg_depend as d
        on
            g.kind = 'sequence'
            and d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
            and g.relation = d.objid
            and d.deptype in ('a', 'i')
    where g.usual is not null and d.objid is null
    union
    select
        'function',
        pg_catalog.format(
            '%s.%I(%s)',
            p.pronamespace::pg_catalog.regnamespace,
            p.proname,
            pg_catalog.oidvectortypes(p.proargtypes)
        ),
        p.proowner
    from pg_catalog.pg_proc as p
    where
        p.oid in (select m.objid from members as m)
        and p.pronamespace in (select s.oid from schemas as s)
)

select
    'security' as severity,
    o.object,
    pg_catalog.format('The API role %s owns this %s.', r.name, o.kind) as finding,
    pg_catalog.format(
        'alter %s %s owner to %s',
        case
            when o.kind in ('function', 'procedure', 'aggregate', 'window function') then 'routine'
            else o.kind
        end,
        case o.kind
            when 'database' then pg_catalog.quote_ident(pg_catalog.current_database())
            else o.object
        end,
        keeper.name
    ) as remedy
from owned as o
inner join roles as r on o.owner = r.oid
cross join platform as d
left join roles as keeper
    on d.migrator = keeper.oid and keeper.oid not in (select a.oid from api as a)
where o.owner in (select a.oid from api as a)
