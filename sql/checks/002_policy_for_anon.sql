-- 002_policy_for_anon: policies that apply to PUBLIC, to anon, or to a role anon belongs to.
-- Why: a policy without a TO clause is for everybody, and nothing here is for people who have not
-- signed in. That anon may become another role of the API is a fact of kind reach. A policy of a
-- neighbour may leave out TO if it only compares auth.uid() with a column, or auth.role() with
-- 'authenticated': without a login that is never true. Any other condition is a finding.
select
    'security' as severity,
    pg_catalog.format('%I on %s', y.polname, r.object) as object,
    pg_catalog.format(
        'The policy applies to %s: people who have not signed in can match it.',
        pg_catalog.string_agg(distinct w.name, ', ')
    ) as finding,
    pg_catalog.format('alter policy %I on %s to authenticated', y.polname, r.object) as remedy
from pg_catalog.pg_policy as y
inner join relations as r on y.polrelid = r.oid
cross join lateral pg_catalog.unnest(y.polroles) as applies (role)
inner join roles as w on applies.role = w.oid
where
    (
        w.oid = 0
        or w.oid in (
            select a.acts_as from api as a
            where a.name = 'anon'
            except
            select a.oid from api as a
            where a.name <> 'anon'
        )
    )
    and (
        r.is_made
        or (
            select
                pg_catalog.bool_and(
                    -- The call, alone or in a sub-select, and the value it is compared with.
                    pg_catalog.regexp_replace(
                        c.text, '[(] SELECT (auth[.](uid|role)[(][)]) AS (uid|role)[)]', '\1'
                    ) ~ (
                        '^[(](auth[.]uid[(][)] = ([a-z_][a-z0-9_]*|"([^"]|"")+")'
                        '|([a-z_][a-z0-9_]*|"([^"]|"")+") = auth[.]uid[(][)]'
                        '|auth[.]role[(][)] = ''authenticated''::text)[)]$'
                    )
                )
            from conditions as c
            where c.policy = y.oid
        ) is not true
    )
group by y.polname, r.object
