-- 013_missing_comment: tables, views, functions and policies without a comment.
-- Why: the comment is the documentation in the database, for psql, Studio and the generated API.
-- Only a human can write it, so there is no remedy to run. A partition is part of its parent.
-- Comments of neighbours are not checked.
with described (object, kind, class, oid) as (
    select
        r.object,
        r.kind,
        'pg_catalog.pg_class'::pg_catalog.regclass,
        r.oid
    from relations as r
    where r.kind not in ('index', 'sequence', 'type') and not r.relispartition and r.is_made
    union all
    select
        f.object,
        f.kind,
        'pg_catalog.pg_proc'::pg_catalog.regclass,
        f.oid
    from functions as f
    where f.is_made
    union all
    select
        pg_catalog.format('%I on %s', y.polname, r.object),
        'policy',
        'pg_catalog.pg_policy'::pg_catalog.regclass,
        y.oid
    from pg_catalog.pg_policy as y
    inner join relations as r on y.polrelid = r.oid and r.is_made
)

select
    'cosmetic' as severity,
    x.object,
    pg_catalog.format('The %s has no comment.', x.kind) as finding,
    null as remedy
from described as x
left join comments as d on x.class = d.classoid and x.oid = d.objoid and d.objsubid = 0
where coalesce(pg_catalog.btrim(d.description), '') = ''
