-- 029_environment_pg_catalog: grants to an API role on objects of Postgres itself.
-- Why: initdb grants to PUBLIC what everybody may use there; the rest reads files, other
-- sessions and everybody's statistics, or writes the catalogs themselves. Schema public is ours.
select
    'security' as severity,
    i.identity as object,
    pg_catalog.format(
        'The API role %s was granted something on this %s of Postgres''s own.', r.rolname, i.type
    ) as finding,
    case
        when i.type in ('schema', 'table', 'view', 'function')
            then
                pg_catalog.format(
                    'revoke all on %s %s from %I',
                    case i.type when 'view' then 'table' else i.type end,
                    i.identity,
                    r.rolname
                )
    end as remedy
from pg_catalog.pg_shdepend as d
inner join pg_catalog.pg_roles as r on d.refobjid = r.oid
inner join platform as b on d.dbid = b.oid
cross join lateral pg_catalog.pg_identify_object(d.classid, d.objid, d.objsubid) as i
where
    d.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass
    and d.deptype = 'a'
    and d.objid < 16384
    and r.oid in (select a.oid from api as a)
    and d.classid::pg_catalog.regclass::pg_catalog.text <> 'pg_database'
    and i.identity <> 'public'
