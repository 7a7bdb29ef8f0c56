-- 230_extension: the extensions in our schemas, and those that the migrations create elsewhere.
-- Why: pgcrypto and uuid-ossp may be missing, since nothing uses them, and belong in public or in
-- extensions; they are stated only where they are in neither. Members that anybody could have added
-- to an extension are stated like other objects.
-- Citus has about 370 objects of several kinds, some in public, which differ between versions: they
-- are one fact, with a digest of their names, rights and sources, so that no object can be hidden
-- among them. Definitions of views are left out, since versions of Postgres write them differently.
-- The first arm of a union names the columns.
-- noqa: disable=AL03, RF02
select
    'extension' as kind,
    e.extname::pg_catalog.text as object,
    'schema' as property,
    n.nspname::pg_catalog.text as value
from pg_catalog.pg_extension as e
inner join pg_catalog.pg_namespace as n on e.extnamespace = n.oid
where
    case
        when e.extname in ('pgcrypto', 'uuid-ossp') then n.nspname not in ('public', 'extensions')
        else n.oid in (select s.oid from schemas as s)
    end
union all
select
    m.kind,
    m.object,
    pg_catalog.concat(
        case d.deptype when 'e' then 'member of' else 'depends on' end, ' extension ', e.extname
    ) as property,
    'true' as value
from (
    select
        'pg_catalog.pg_class'::pg_catalog.regclass as classid,
        r.oid,
        r.kind,
        r.object
    from relations as r
    union all
    select
        'pg_catalog.pg_proc'::pg_catalog.regclass,
        f.oid,
        f.kind,
        f.object
    from functions as f
    union all
    select
        'pg_catalog.pg_trigger'::pg_catalog.regclass,
        t.oid,
        'trigger',
        pg_catalog.format('%s.%I', r.object, t.tgname)
    from pg_catalog.pg_trigger as t
    inner join relations as r on t.tgrelid = r.oid
) as m
inner join pg_catalog.pg_depend as d on m.classid = d.classid and m.oid = d.objid
inner join pg_catalog.pg_extension as e on d.refobjid = e.oid
where
    d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
    and d.deptype in ('e', 'x')
union all
select
    'extension' as kind,
    e.extname::pg_catalog.text as object,
    pg_catalog.concat('brought by ', e.extversion) as property,
    pg_catalog.concat(
        pg_catalog.count(*),
        ' objects, ',
        pg_catalog.md5(
            pg_catalog.string_agg(
                pg_catalog.concat_ws(
                    ' ',
                    i.type,
                    i.identity,
                    p.prosecdef,
                    p.prosrc,
                    coalesce(p.proowner, c.relowner) <> e.extowner
                ),
                ', ' order by i.identity collate "C", i.type
            )
        )
    ) as value
from pg_catalog.pg_extension as e
inner join pg_catalog.pg_depend as d
    on
        e.oid = d.refobjid
        and d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
        and d.deptype = 'e'
left join pg_catalog.pg_proc as p
    on d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.objid = p.oid
left join pg_catalog.pg_class as c
    on d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid
cross join lateral pg_catalog.pg_identify_object(d.classid, d.objid, d.objsubid) as i
where e.extname = 'citus'
group by e.extname, e.extversion
