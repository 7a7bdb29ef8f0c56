-- 160_other: operators, operator classes, collations, text search objects and the like.
-- Why: the schema has none of these, so only the existence of one is stated. Objects that other
-- files state are left out.
select
    i.type as kind,
    i.identity as object,
    'there' as property,
    'true' as value
from pg_catalog.pg_depend as d
inner join schemas as s on d.refobjid = s.oid
cross join lateral pg_catalog.pg_identify_object(d.classid, d.objid, 0) as i
where
    d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass
    and d.classid not in (
        'pg_catalog.pg_class'::pg_catalog.regclass,
        'pg_catalog.pg_default_acl'::pg_catalog.regclass,
        'pg_catalog.pg_extension'::pg_catalog.regclass,
        'pg_catalog.pg_proc'::pg_catalog.regclass,
        'pg_catalog.pg_publication_namespace'::pg_catalog.regclass,
        'pg_catalog.pg_statistic_ext'::pg_catalog.regclass,
        'pg_catalog.pg_type'::pg_catalog.regclass
    )
    and not exists (
        select
        from members as m
        where m.classid = d.classid and m.objid = d.objid
    )
