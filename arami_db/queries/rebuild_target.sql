-- The view or function a CREATE OR REPLACE names: its class, oid and canonical identity.
select
    found.classid::oid,
    found.objid,
    coalesce(
        (
            select format('%%I.%%I', n.nspname, c.relname)
            from pg_catalog.pg_class as c
            inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
            where found.classid = 'pg_class'::regclass and c.oid = found.objid
        ),
        (
            select format('%%I.%%I(%%s)', n.nspname, p.proname, (
            select coalesce(
                string_agg(format('%%I.%%I', tn.nspname, t.typname), ', ' order by a.place), ''
            )
            from unnest(p.proargtypes) with ordinality as a (typeid, place)
            inner join pg_catalog.pg_type as t on t.oid = a.typeid
            inner join pg_catalog.pg_namespace as tn on tn.oid = t.typnamespace
        ))
            from pg_catalog.pg_proc as p
            inner join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
            where found.classid = 'pg_proc'::regclass and p.oid = found.objid
        )
    ) as identity
from (
    select
        case when %(is_function)s then 'pg_proc'::regclass else 'pg_class'::regclass end as classid,
        case
            when %(is_function)s then to_regprocedure(%(name)s)::oid
            else to_regclass(%(name)s)::oid
        end as objid
) as found
where found.objid is not null
