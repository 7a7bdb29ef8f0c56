-- 037_policies_overlap: several permissive policies of a table for one command and one role.
-- Why: each is evaluated for each row, joined by OR; one policy says the same in one place. If
-- people may read more than they may write, write one policy for each command.
with policies as (
    select
        y.polname,
        y.polcmd,
        r.object,
        role.oid as role
    from pg_catalog.pg_policy as y
    inner join guarded_relations as r on y.polrelid = r.oid
    cross join lateral pg_catalog.unnest(y.polroles) as role (oid)
    where y.polpermissive
)

select
    'performance' as severity,
    a.object,
    pg_catalog.format(
        'The permissive policies %I and %I are both evaluated for each row: make them one.',
        a.polname,
        b.polname
    ) as finding,
    null as remedy
from policies as a
inner join policies as b
    on
        a.object = b.object
        and a.polname < b.polname
        and (a.role = b.role or 0 in (a.role, b.role))
        and (
            a.polcmd = b.polcmd
            or '*' in (a.polcmd, b.polcmd)
        )
group by a.object, a.polname, b.polname
