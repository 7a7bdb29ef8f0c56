-- 001_cluster: what every session on the coordinator needs, and who may look at the cluster.
-- Why: a worker checks row level security itself, so it has to know who asks. The coordinator logs
-- in there as the role that asks, and sends on what a transaction sets by SET LOCAL; PostgREST uses
-- set_config, which is not sent on, so that the workers would show no row to anybody. As
-- db-pre-request, public.repeat_claims() says the claims again by SET LOCAL.
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

-- Names and sizes of tables are nobody's business who comes through the API.
do $$
declare
    view regclass;
begin
    for view in
        select c.oid from pg_class as c
        inner join pg_depend as d
            on c.oid = d.objid and d.classid = 'pg_class'::regclass and d.deptype = 'e'
        inner join pg_extension as e on d.refobjid = e.oid and e.extname = 'citus'
        where c.relkind = 'v' and has_table_privilege('anon', c.oid, 'select')
    loop
        execute format('revoke all on %s from public', view);
    end loop;
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
