-- 033_policy_always_true: permissive policies with a condition that is the same for everybody.
-- Why: permissive policies are joined by OR, so one that is always true opens every row to its
-- roles, whatever the others say. A condition without a column and without a call is the same for
-- everybody. Everybody may be meant to read a neighbour's table, or one in another schema of the
-- API, but not one of ours.
select
    'security' as severity,
    c.object,
    pg_catalog.format(
        'Its condition is the same for everybody and each row (%s): write one that names a column.',
        pg_catalog.string_agg(c.clause || ' ' || c.text, ', ' order by c.clause desc)
    ) as finding,
    null as remedy
from conditions as c
where
    c.polpermissive
    and (c.polcmd <> 'r' or c.is_ours)
    and c.text <> 'false'
    and c.tree::pg_catalog.text !~ '[{](VAR|PARAM|FUNCEXPR|SUBLINK|SQLVALUEFUNCTION|COERCEVIAIO) '
group by c.policy, c.object
