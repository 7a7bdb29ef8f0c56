-- The statement that empties all tables of a throw-away database; no row where there is none.
-- Why: statements that rows would stop are named in the file, and not tried.
select concat('truncate ', string_agg(c.oid::regclass::text, ', '), ' cascade')
from pg_catalog.pg_class as c
where
    c.relkind in ('r', 'p')
    and c.relpersistence <> 't'
    and c.relnamespace::regnamespace::text !~ '^(pg_|information_schema$)'
    and pg_has_role(c.relowner, 'usage')
    and not exists (
        select
        from pg_catalog.pg_depend as d
        where
            d.classid = 'pg_catalog.pg_class'::regclass
            and d.objid = c.oid
            and d.deptype = 'e'
    )
having count(*) > 0
