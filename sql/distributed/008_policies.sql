-- 008_policies: policies compare with the caller in a form that Citus can plan.
-- Why: Citus allows no subquery in a policy, so "(select auth.uid())" becomes auth.uid(); a user's
-- rows are found by an index in one shard, so it is called for few rows. And from two "=" on one
-- column, Postgres derives a third: that auth.uid() equals the id in the query. On PostgreSQL
-- 15 and 16, Citus refuses outer joins with such conditions, and PostgREST embeds by outer joins.
-- "= any (array[…])" is the same condition, and Postgres derives nothing from it.
-- What it costs: a query without its own condition on user_id sorts what an index would order.

do $$
declare
    policy record;
begin
    for policy in
        with written as (
            select
                p.polname, d.relation, expression.is_check, expression.text,
                audit.without_subqueries(expression.text) as bare
            from audit.distribution as d
            inner join pg_policy as p on d.relation = p.polrelid
            cross join lateral (
                values
                (false, pg_get_expr(p.polqual, p.polrelid)),
                (true, pg_get_expr(p.polwithcheck, p.polrelid))
            ) as expression (is_check, text)
        ),

        translated as (
            select
                w.*,
                regexp_replace(
                    regexp_replace(
                        w.bare, '\(auth\.uid\(\) = (\w+|"[^"]+")\)',
                        '(\1 = any (array[auth.uid()]))', 'g'
                    ),
                    '\((\w+|"[^"]+") = auth\.uid\(\)\)', '(\1 = any (array[auth.uid()]))', 'g'
                ) as mended
            from written as w
        )

        select
            t.polname, t.relation,
            max(t.mended) filter (where not t.is_check) as visible,
            max(t.mended) filter (where t.is_check) as allowed
        from translated as t
        group by t.polname, t.relation
        having bool_or(t.mended <> t.text)
    loop
        execute format('alter policy %I on %s', policy.polname, policy.relation)
            || coalesce(' using (' || policy.visible || ')', '')
            || coalesce(' with check (' || policy.allowed || ')', '');
    end loop;
end
$$;
