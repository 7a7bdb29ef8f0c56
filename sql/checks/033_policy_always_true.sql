-- 033_policy_always_true: permissive policies with a condition that is the same for everybody.
-- Why: permissive policies are joined by OR, so one that is always true lets whoever it is for at
-- every row, whatever the others say. A condition that names no column and calls nothing is the
-- same for everybody. In other schemas of the API reading may be meant for all; in ours it is not.
with clauses as (
    select
        y.oid,
        y.polcmd,
        y.polpermissive,
        r.is_ours,
        pg_catalog.format('%I on %s', y.polname, r.object) as object,
        part.clause,
        part.tree,
        pg_catalog.pg_get_expr(part.tree, r.oid) as text
    from pg_catalog.pg_policy as y
    inner join guarded_relations as r on y.polrelid = r.oid
    cross join
        lateral (
            values ('using', y.polqual), ('with check', y.polwithcheck)
        ) as part (clause, tree)
    where part.tree is not null
)

select
    'security' as severity,
    p.object,
    pg_catalog.format(
        'Its condition is the same for everybody and each row (%s): write one that names a column.',
        pg_catalog.string_agg(p.clause || ' ' || p.text, ', ' order by p.clause desc)
    ) as finding,
    null as remedy
from clauses as p
where
    p.polpermissive
    and (p.polcmd <> 'r' or p.is_ours)
    and p.text <> 'false'
    and p.tree::pg_catalog.text !~ '[{](VAR|PARAM|FUNCEXPR|SUBLINK|SQLVALUEFUNCTION|COERCEVIAIO) '
group by p.oid, p.object
