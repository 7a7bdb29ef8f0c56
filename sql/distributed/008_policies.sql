-- 008_policies: policies call auth.uid() itself.
-- Why: Citus allows no subquery in a policy. "(select auth.uid())" keeps one server from calling it
-- for each row it reads past an index; a user's rows are found by an index here, in one shard.

do $$
declare
    policy record;
begin
    for policy in
        select
            p.polname, d.relation,
            pg_get_expr(p.polqual, p.polrelid) as visible,
            pg_get_expr(p.polwithcheck, p.polrelid) as allowed
        from audit.distribution as d
        inner join pg_policy as p on d.relation = p.polrelid
        where concat(
            pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)
        ) ~ '\( SELECT auth\.\w+\(\) AS \w+\)'
    loop
        execute format('alter policy %I on %s', policy.polname, policy.relation)
            || coalesce(' using (' || regexp_replace(
                policy.visible, '\( SELECT (auth\.\w+\(\)) AS \w+\)', '\1', 'g'
            ) || ')', '')
            || coalesce(' with check (' || regexp_replace(
                policy.allowed, '\( SELECT (auth\.\w+\(\)) AS \w+\)', '\1', 'g'
            ) || ')', '');
    end loop;
end
$$;
