-- 011_functions: the workers have the functions of schema audit, and nobody else may execute them.
-- Why: triggers on shards and batches of the archive call them there. Citus only sends the known
-- dependencies of a table, and later objects; a database may be older than its cluster. It sends
-- all grants, but no revoke of PostgreSQL's default grants: everybody could execute them.
-- What it costs: nothing.

do $$
declare
    routine regprocedure;
begin
    for routine in
        select p.oid from pg_proc as p
        where
            p.pronamespace = 'audit'::regnamespace
            and not exists (
                select from pg_dist_object as d
                where d.classid = 'pg_proc'::regclass and d.objid = p.oid
            )
            -- A function with rows of a table that only the coordinator has stays there.
            and not exists (
                select from pg_type as t
                where
                    t.oid = any(p.proargtypes::oid [] || p.prorettype)
                    and t.typrelid <> 0
                    and t.typrelid not in (select d.logicalrelid from pg_dist_partition as d)
            )
    loop
        perform create_distributed_function(routine);
    end loop;

    for routine in
        select p.oid from pg_proc as p
        where
            p.pronamespace in ('public'::regnamespace, 'audit'::regnamespace)
            and p.proacl is not null
            and not has_function_privilege('public', p.oid, 'execute')
            and not exists (
                select from pg_depend as d
                where d.objid = p.oid and d.classid = 'pg_proc'::regclass and d.deptype = 'e'
            )
    loop
        execute format('revoke all on function %s from public', routine);
    end loop;
end
$$;
