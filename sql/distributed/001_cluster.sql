-- 001_cluster: what every session on the coordinator needs, and who may read about the cluster.
-- Why: a worker checks row level security itself, so it has to know the user. The coordinator logs
-- in there as the current role, and forwards settings made by SET LOCAL; PostgREST uses
-- set_config, which is not forwarded, so the workers would show no rows to anybody. As
-- db-pre-request, public.repeat_claims() sets the claims again by SET LOCAL.
-- What it costs: one more statement for each worker in a transaction that sets something. API roles
-- may log in: let pg_hba.conf accept them from the cluster's own machines only.

do $$
declare
    api_role text;
begin
    execute format(
        'alter database %I set citus.propagate_set_commands to ''local''', current_database()
    );
    -- Triggers run on shards. That is safe for those that write to the shards beside their own.
    execute format('alter database %I set citus.enable_unsafe_triggers to on', current_database());
    set local citus.propagate_set_commands to 'local';
    set local citus.enable_unsafe_triggers to on;

    foreach api_role in array array['anon', 'authenticated', 'service_role'] loop
        if not (select r.rolcanlogin from pg_roles as r where r.rolname = api_role) then
            execute format('alter role %I login', api_role);
        end if;
    end loop;
end
$$;

-- Citus lets everybody list tables and machines, on every machine, and run statements on them. API
-- roles must not do that. The next run revokes what a machine that is added later grants.
do $$
declare
    revoke_all constant text := $revoke$
        do $each$
        declare
            thing record;
        begin
            for thing in
                select 'table' as kind, c.oid::regclass::text as name
                from pg_class as c
                inner join pg_depend as d
                    on c.oid = d.objid and d.classid = 'pg_class'::regclass and d.deptype = 'e'
                inner join pg_extension as e on d.refobjid = e.oid and e.extname = 'citus'
                where
                    c.relkind in ('r', 'v')
                    and exists (select from aclexplode(c.relacl) as a where a.grantee = 0)
                union all
                select 'function', p.oid::regprocedure::text
                from pg_proc as p
                inner join pg_depend as d
                    on p.oid = d.objid and d.classid = 'pg_proc'::regclass and d.deptype = 'e'
                inner join pg_extension as e on d.refobjid = e.oid and e.extname = 'citus'
                where
                    p.proname ~ '^(run_command_on_|master_run_on_worker$)'
                    and has_function_privilege('public', p.oid, 'execute')
            loop
                execute format('revoke all on %s %s from public', thing.kind, thing.name);
            end loop;
        end
        $each$
    $revoke$;
    problem text;
begin
    execute revoke_all;
    select format('%s:%s: %s', w.nodename, w.nodeport, w.result) into problem
    from run_command_on_workers(revoke_all) as w
    where not w.success;
    if problem is not null then
        raise exception 'the catalog of Citus stays readable on %', problem
            using hint = 'Let its superuser revoke it there; see 001_cluster.';
    end if;
end
$$;

create or replace function public.repeat_claims()
returns void
language plpgsql
set search_path = ''
as $$
declare
    claims constant text := current_setting('request.jwt.claims', true);
begin
    if claims <> '' then
        execute format('set local request.jwt.claims to %L', claims);
    end if;
end
$$;

revoke all on function public.repeat_claims() from public, anon, authenticated, service_role;
grant execute on function public.repeat_claims() to anon, authenticated, service_role;

comment on function public.repeat_claims() is
'For PostgREST''s db-pre-request: lets the workers know who asks, by saying the claims again.';
