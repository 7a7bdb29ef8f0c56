-- 008_tables: a user's rows lie together on one worker, what they refer to on every one.
-- Why: whatever is asked of one user is then answered by one machine, in one transaction, with every
-- foreign key as it was.
-- What it costs: what is asked of all users is asked of every shard. The rows stay on the
-- coordinator too, unseen, until the end of `arami-db distribute`.

do $$
declare
    next_one record;
begin
    loop
        select d.* into next_one
        from audit.distribution as d
        where not d.is_distributed and not exists (
            select from pg_constraint as k
            inner join audit.distribution as parent
                on k.confrelid = parent.relation and not parent.is_distributed
            where k.conrelid = d.relation and k.contype = 'f' and k.confrelid <> k.conrelid
        )
        order by d.relation <> 'public.users'::regclass, d.user_column nulls first, d.relation
        limit 1;
        exit when not found;
        if next_one.user_column is null then
            perform create_reference_table(next_one.relation);
        elsif next_one.relation = 'public.users'::regclass then
            perform create_distributed_table(next_one.relation, next_one.user_column, colocate_with => 'none');
        else
            perform create_distributed_table(
                next_one.relation, next_one.user_column, colocate_with => 'public.users'
            );
        end if;
    end loop;
end
$$;
