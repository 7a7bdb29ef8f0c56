-- Whether a trigger or policy of ours calls a function elsewhere, but for auth.uid(): its body and
-- its volatility are what no fact states, and a check may find something in.
select
    exists (
        select from pg_catalog.pg_trigger as t
        inner join pg_catalog.pg_class as c on t.tgrelid = c.oid
        inner join pg_catalog.pg_proc as p on t.tgfoid = p.oid
        where
            not t.tgisinternal
            and c.relnamespace::pg_catalog.regnamespace::pg_catalog.text
            in ('public', 'audit', 'arami_db')
            and p.pronamespace::pg_catalog.regnamespace::pg_catalog.text
            not in ('public', 'audit', 'arami_db')
    )
    or exists (
        select from pg_catalog.pg_policy as y
        inner join pg_catalog.pg_class as c on y.polrelid = c.oid
        inner join pg_catalog.pg_depend as d
            on y.oid = d.objid and d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass
        inner join pg_catalog.pg_proc as p
            on d.refobjid = p.oid and d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
        where
            c.relnamespace::pg_catalog.regnamespace::pg_catalog.text
            in ('public', 'audit', 'arami_db')
            and p.pronamespace::pg_catalog.regnamespace::pg_catalog.text
            not in ('public', 'audit', 'arami_db')
            and not (
                p.pronamespace::pg_catalog.regnamespace::pg_catalog.text = 'auth'
                and p.proname = 'uid'
                and p.pronargs = 0
            )
    )
