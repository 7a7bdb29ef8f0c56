-- 034_policy_user_metadata: policies that believe what users write about themselves.
-- Why: a signed-in user edits their own user_metadata (raw_user_meta_data in auth.users) through
-- the platform's API, and their token holds it. What grants access belongs into app_metadata.
with clauses as (
    select
        y.oid,
        pg_catalog.format('%I on %s', y.polname, r.object) as object,
        part.clause,
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
        'It reads user_metadata, which every user edits for themselves, in %s.',
        pg_catalog.string_agg(p.clause, ' and ' order by p.clause desc)
    ) as finding,
    null as remedy
from clauses as p
where p.text ~ '\muser_metadata\M|\mraw_user_meta_data\M'
group by p.oid, p.object
