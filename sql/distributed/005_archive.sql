-- 005_archive: a batch moves sessions within one shard, on the worker that has it.
-- Why: Citus locks no rows for a query over many shards, and rows of one user never leave their
-- shard. `arami-db archive` connects to the workers, and sets the shard in arami_db.shard. Batches
-- are recorded on the same machine, with a uuid of that shard as id; the runs themselves are on the
-- coordinator, without a foreign key to them. Shards may move meanwhile: Citus copies the last rows
-- under a lock that excludes its writers, so a batch takes that lock, too.
-- What it costs: a connection to each worker. Call the routine there to run it by hand.

do $$
begin
    if exists (
        select from pg_constraint
        where
            conrelid = 'audit.archive_batch'::regclass
            and conname = 'fk_archive_batch_archive_run'
    ) then
        alter table audit.archive_batch
        drop constraint fk_archive_batch_archive_run,
        alter column id drop identity;
        alter table audit.archive_batch
        alter column id type uuid using gen_random_uuid(),
        alter column id set default gen_random_uuid();
        alter table audit.archive_failure drop constraint fk_archive_failure_archive_run;
    end if;
end
$$;

create or replace function audit.part(relation regclass)
returns regclass
language plpgsql
stable
security definer -- the archiving role may not read the placement of shards
set search_path = pg_catalog, pg_temp
as $$
declare
    chosen constant bigint := nullif(current_setting('arami_db.shard', true), '');
    its_own regclass;
begin
    if relation is null then
        return null;
    end if;
    select audit.shard(relation, beside.shardid) into its_own
    from pg_dist_shard as its
    inner join pg_dist_shard as beside on its.shardminvalue = beside.shardminvalue
    where
        its.shardid = chosen
        and its.logicalrelid = 'public.daily_sessions'::regclass
        and beside.logicalrelid = relation;
    if not found then
        raise exception '% lies in shards, and none is chosen', relation
            using errcode = 'object_not_in_prerequisite_state',
                hint = 'Run `arami-db archive`, which goes to the worker of each.';
    end if;
    return its_own;
end
$$;

-- Only the owner of a table may take the lock of its shards.
create or replace function audit.hold_shard(chosen bigint)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    begin
        perform lock_shard_metadata(5, array[chosen]); -- ShareLock, as writers of Citus have it
    exception
        when lock_not_available then
            raise exception 'shard % is moving to another machine', chosen
                using errcode = 'object_in_use';
    end;
    if not exists (
        select from pg_dist_placement as p
        inner join pg_dist_local_group as here on p.groupid = here.groupid
        where p.shardid = chosen
    ) then
        raise exception 'shard % has moved to another machine', chosen
            using errcode = 'object_in_use';
    end if;
end
$$;

create or replace function audit.record_batch(
    run_id bigint,
    kind text,
    cutoff timestamptz,
    duration interval,
    sessions bigint,
    rows jsonb,
    oldest timestamptz,
    newest timestamptz
)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    place record;
    line uuid;
begin
    select its.shardminvalue::integer as least, its.shardmaxvalue::integer as greatest into place
    from pg_dist_shard as its
    where its.shardid = current_setting('arami_db.shard')::bigint;
    -- As many tries as there are shards, on average.
    loop
        line := gen_random_uuid();
        exit when worker_hash(line) between place.least and place.greatest;
    end loop;
    execute format(
        'insert into %s (id, run_id, kind, cutoff, duration, sessions, rows, oldest, newest)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)',
        audit.part('audit.archive_batch')
    )
    using line, run_id, kind, cutoff, duration, sessions, rows, oldest, newest;
end
$$;

revoke all on function audit.hold_shard(bigint) from public, anon, authenticated, service_role;

comment on function audit.hold_shard(bigint) is
'Keeps a shard on this machine until the transaction ends; refuses one that is not here.';
