-- 018_archive_routine: move sessions with all that hangs on them into the archive, and back.
-- Why: one call is one batch, atomic, small enough to disturb nobody. It waits for no row it moves:
-- what is locked, or hangs on something locked, is left for a later call. Only a lock on a table
-- and a row being written under the same key on the other side hold it up, two seconds at most.
-- Columns come from the catalog, under a lock that keeps them as they are: a column on both sides
-- moves along, a column on one side stops the move before it could drop anything.
-- In schema audit: types generated from public would list functions that no API role may call.

create function audit.movable_columns(source regclass, target regclass)
returns text[]
language plpgsql
security invoker
set search_path = ''
as $$
declare
    columns text[];
    problem text;
begin
    with sides as (
        select
            a.attrelid,
            a.attname,
            a.attgenerated,
            concat(
                format_type(a.atttypid, a.atttypmod),
                ' collate ' || nullif(a.attcollation, t.typcollation)::regcollation::text,
                case when a.attgenerated <> '' then
                    ' generated as ' || pg_get_expr(d.adbin, d.adrelid)
                end
            ) as type
        from pg_catalog.pg_attribute as a
        inner join pg_catalog.pg_type as t on a.atttypid = t.oid
        left join pg_catalog.pg_attrdef as d on a.attrelid = d.adrelid and a.attnum = d.adnum
        where
            a.attrelid in (source, target)
            and a.attnum > 0
            and not a.attisdropped
            and not (a.attname = 'archived_at' and a.attrelid::regclass::text ~ '_archive$')
    ),

    pairs as (
        select
            quote_ident(coalesce(s.attname, t.attname)) as name,
            s.attgenerated as generated,
            coalesce(s.type, 'missing') as source_type,
            coalesce(t.type, 'missing') as target_type
        from (select * from sides where attrelid = source) as s
        full join (select * from sides where attrelid = target) as t on s.attname = t.attname
    )

    select
        array_agg(p.name) filter (where p.generated = ''),
        string_agg(
            format(
                'column %s is %s in %s and %s in %s',
                p.name, p.source_type, source, p.target_type, target
            ),
            '; ' order by p.name
        ) filter (where p.source_type <> p.target_type)
    into columns, problem
    from pairs as p;
    if problem is not null then
        raise exception '%', problem
            using errcode = 'datatype_mismatch',
                hint = 'Nothing was moved. Make the two tables alike in a migration, then repeat.';
    end if;
    return columns;
end
$$;

-- Rows are locked once and found again by their place (ctid), which a locked row keeps. What is
-- looked up, is looked up in a lateral subquery that OFFSET 0 keeps the planner from turning into a
-- join: that could end in reading a whole table for every batch.
create function audit.move_sessions(
    kind text,
    session_ids uuid[],
    for_user uuid,
    from_time timestamptz,
    until_time timestamptz,
    batch_size integer,
    run_id bigint,
    resume_after_created_at timestamptz,
    resume_after_id uuid,
    wary boolean default false,
    out sessions bigint,
    out analytics bigint,
    out virtues bigint,
    out oldest timestamptz,
    out newest timestamptz,
    out last_created_at timestamptz,
    out last_id uuid,
    out skipped bigint,
    out exhausted boolean
)
language plpgsql
security invoker
set search_path = ''
set row_security = off
set lock_timeout = '2s'
set enable_seqscan = off
set jit = off
as $$
declare
    began timestamptz := clock_timestamp();
    is_archive boolean := kind = 'archive';
    source text := 'public.daily_sessions' || case when is_archive then '' else '_archive' end;
    target text := 'public.daily_sessions' || case when is_archive then '_archive' else '' end;
    source_metrics text := replace(source, 'daily_sessions', 'session_analytics');
    target_metrics text := replace(target, 'daily_sessions', 'session_analytics');
    live_pointer text := 'earned_from_session_id';
    archive_pointer text := 'earned_from_archived_session_id';
    session_columns text[];
    metric_columns text[];
    stranger text;
    asked text;
    -- A row of each three arrays: a picked session. Of each two: what hangs on one.
    user_ids uuid[];
    ids uuid[];
    places tid[];
    metric_of uuid[];
    metric_places tid[];
    virtue_of uuid[];
    virtue_places tid[];
    held_metrics tid[];
    held_virtues tid[];
    there bigint;
    there_already text;
    blocked uuid[];
    occupied uuid[] := '{}'::uuid[];
begin
    if batch_size is null or batch_size < 1 then
        raise exception 'batch_size is %, and at least 1 is needed',
            coalesce(batch_size::text, 'null')
            using errcode = 'invalid_parameter_value';
    end if;
    if current_setting('transaction_isolation') not in ('read committed', 'read uncommitted') then
        raise exception 'sessions cannot be moved in a % transaction',
            current_setting('transaction_isolation')
            using errcode = 'invalid_transaction_state',
                hint = 'Its snapshot may miss new rows and columns. Use read committed.';
    end if;

    -- In one order everywhere. From here on the columns stay as they are.
    lock table
        public.daily_sessions,
        public.daily_sessions_archive,
        public.session_analytics,
        public.session_analytics_archive,
        public.virtue_collection
    in row exclusive mode;
    session_columns := audit.movable_columns(source::regclass, target::regclass);
    metric_columns := audit.movable_columns(source_metrics::regclass, target_metrics::regclass);
    select string_agg(format('%s of %s', k.conname, k.conrelid::regclass), ', ') into stranger
    from pg_catalog.pg_constraint as k
    cross join lateral (
        select array_agg(a.attname::text) as names from pg_catalog.pg_attribute as a
        where a.attrelid = k.conrelid and a.attnum = any(k.conkey)
    ) as key
    where
        k.contype = 'f'
        and k.confrelid in (source::regclass, source_metrics::regclass)
        and not (
            k.conrelid = source_metrics::regclass and key.names <@ '{user_id,session_id}'
            or k.conrelid = 'public.virtue_collection'::regclass
            and key.names <@ array[
                'user_id', case when is_archive then live_pointer else archive_pointer end
            ]
        );
    if stranger is not null then
        raise exception 'the foreign key % refers to %, and would be left behind', stranger, source
            using errcode = 'feature_not_supported',
                hint = 'Nothing was moved. Teach audit.move_sessions what becomes of these rows.';
    end if;

    -- The user's row too: whoever deletes an account has locked it, and waits for the sessions.
    asked := concat_ws(
        ' and ',
        'true',
        case when session_ids is not null then 's.id = any($1)' end,
        case when for_user is not null then 's.user_id = $2' end,
        case when from_time is not null then 's.created_at >= $3' end,
        case when until_time is not null then 's.created_at < $4' end,
        case when resume_after_created_at is not null then '(s.created_at, s.id) > ($5, $6)' end
    );
    execute format(
        'with picked as (
             select s.user_id, s.id, s.created_at, s.ctid as place
             from %s as s
             cross join lateral (
                 select from public.users as u where u.id = s.user_id for key share skip locked
             ) as u
             where %s
             order by s.created_at nulls first, s.id
             limit $7
             for update of s skip locked
         )
         select
             array_agg(p.user_id), array_agg(p.id), array_agg(p.place),
             (array_agg(p.created_at))[count(*)::integer], (array_agg(p.id))[count(*)::integer]
         from picked as p',
        source,
        asked
    )
    into user_ids, ids, places, last_created_at, last_id
    using session_ids, for_user, from_time, until_time, resume_after_created_at, resume_after_id,
        batch_size;
    exhausted := coalesce(cardinality(ids), 0) < batch_size;

    -- From here on by user, as the archive's keys are: neighbours fall on the same pages of its
    -- indexes, which saves a twelfth of the time.
    select array_agg(p.user_id), array_agg(p.id), array_agg(p.place) into user_ids, ids, places
    from (
        select * from unnest(user_ids, ids, places) as s (user_id, id, place)
        order by s.user_id, s.id
    ) as p;

    -- What hangs on a session becomes ours too, or the session stays. Nothing can be attached
    -- meanwhile: that takes a key share lock on the session, which is ours.
    execute format(
        'select array_agg(p.id), array_agg(m.ctid)
         from unnest($1, $2) as p (user_id, id)
         cross join lateral (
             select a.ctid from %s as a where a.session_id = p.id%s offset 0
         ) as m',
        source_metrics,
        -- Among live rows the session says it all; archived ones are found by their user first.
        case when is_archive then '' else ' and a.user_id = p.user_id' end
    )
    into metric_of, metric_places using user_ids, ids;
    execute format(
        'select array_agg(p.id), array_agg(m.ctid)
         from unnest($1, $2) as p (user_id, id)
         cross join lateral (
             select v.ctid from public.virtue_collection as v
             where v.user_id = p.user_id and v.%I = p.id
             offset 0
         ) as m',
        case when is_archive then live_pointer else archive_pointer end
    )
    into virtue_of, virtue_places using user_ids, ids;
    execute format(
        'select array(select ctid from %s where ctid = any($1) for update skip locked)',
        source_metrics
    )
    into held_metrics using metric_places;
    held_virtues := array(
        select v.ctid from public.virtue_collection as v where v.ctid = any(virtue_places)
        for no key update skip locked
    );
    blocked := array(
        select p.id from unnest(metric_of, metric_places) as p (id, place)
        where p.place not in (select unnest(held_metrics))
        union all
        select p.id from unnest(virtue_of, virtue_places) as p (id, place)
        where p.place not in (select unnest(held_virtues))
    );

    -- A row of the same key may be on the other side: a user writes there, too, and must not stop
    -- everybody's archive. Live keys are the id alone. Asked only after such a row was run into.
    if wary then
        there_already := format(
            'exists (select from %%s as t where t.id = p.id%s)',
            case when is_archive then ' and t.user_id = p.user_id' end
        );
        execute format(
            'select array(
                 select p.id from %s as p where p.ctid = any($1) and %s
                 union
                 select p.session_id from %s as p where p.ctid = any($2) and %s
             )',
            source,
            format(there_already, target),
            source_metrics,
            format(there_already, target_metrics)
        )
        into occupied using places, metric_places;
        if occupied <> '{}' then
            raise warning '% of the sessions stay: % has rows of the same key; the first is %',
                cardinality(occupied), target, occupied[1];
        end if;
    end if;
    blocked := blocked || occupied;
    if blocked <> '{}' then
        select array_agg(p.id), array_agg(p.place) into ids, places
        from unnest(ids, places) as p (id, place)
        where p.id not in (select unnest(blocked));
        select array_agg(p.place) into metric_places
        from unnest(metric_of, metric_places) as p (id, place)
        where p.id not in (select unnest(blocked));
        select array_agg(p.place) into virtue_places
        from unnest(virtue_of, virtue_places) as p (id, place)
        where p.id not in (select unnest(blocked));
    end if;

    -- From here to the other end the change log keeps quiet: see 019_audit_moves.
    perform set_config('arami_db.moving', 'on', true);
    execute format(
        'with arrived as (
             insert into %1$s (%2$s) overriding system value
             select s.* from unnest($1) as p (place)
             cross join lateral (select %2$s from %3$s where ctid = p.place offset 0) as s
             returning created_at
         )
         select count(*), min(created_at), max(created_at) from arrived',
        target, array_to_string(session_columns, ', '), source
    )
    into sessions, oldest, newest using places;
    execute format(
        'insert into %1$s (%2$s) overriding system value
         select a.* from unnest($1) as p (place)
         cross join lateral (select %2$s from %3$s where ctid = p.place offset 0) as a',
        target_metrics, array_to_string(metric_columns, ', '), source_metrics
    )
    using metric_places;
    get diagnostics analytics = row_count;
    execute format(
        'update public.virtue_collection set %1$I = %2$I, %2$I = %1$I where ctid = any($1)',
        live_pointer, archive_pointer
    )
    using virtue_places;
    get diagnostics virtues = row_count;

    -- Metrics first: then the cascade that follows the sessions finds nothing to do.
    execute format('delete from %s where ctid = any($1)', source_metrics) using metric_places;
    get diagnostics there = row_count;
    if there <> analytics or there <> coalesce(cardinality(metric_places), 0) then
        raise exception '% analytics picked, % arrived, % left',
            coalesce(cardinality(metric_places), 0), analytics, there
            using errcode = 'data_corrupted', hint = 'Nothing was moved. Please report this.';
    end if;
    execute format('delete from %s where ctid = any($1)', source) using places;
    get diagnostics there = row_count;
    if there <> sessions or there <> coalesce(cardinality(places), 0) then
        raise exception '% sessions picked, % arrived, % left',
            coalesce(cardinality(places), 0), sessions, there
            using errcode = 'data_corrupted', hint = 'Nothing was moved. Please report this.';
    end if;

    perform set_config('arami_db.moving', 'off', true);

    -- What this call went past and left. Others may be moving these at this moment.
    execute format(
        'select count(*) from %s as s where %s and ($7 or (s.created_at, s.id) <= ($8, $9))',
        source,
        asked
    )
    into skipped
    using session_ids, for_user, from_time, until_time, resume_after_created_at, resume_after_id,
        exhausted, last_created_at, last_id;
    if sessions > 0 then
        insert into audit.archive_batch (
            run_id, kind, cutoff, duration, sessions, analytics, virtues, oldest, newest
        )
        values (
            run_id, kind, case when is_archive then until_time end, clock_timestamp() - began,
            sessions, analytics, virtues, oldest, newest
        );
    end if;
exception
    when unique_violation then
        if wary then
            raise;
        end if;
        select m.* into
            sessions, analytics, virtues, oldest, newest, last_created_at, last_id, skipped,
            exhausted
        from audit.move_sessions(
            kind, session_ids, for_user, from_time, until_time, batch_size, run_id,
            resume_after_created_at, resume_after_id, wary => true
        ) as m;
end
$$;

create function audit.archive_daily_sessions(
    cutoff timestamptz,
    batch_size integer default 1000,
    resume_after_created_at timestamptz default null,
    resume_after_id uuid default null,
    run_id bigint default null,
    out sessions bigint,
    out analytics bigint,
    out virtues bigint,
    out oldest timestamptz,
    out newest timestamptz,
    out last_created_at timestamptz,
    out last_id uuid,
    out skipped bigint,
    out exhausted boolean
)
language plpgsql
security invoker
set search_path = ''
set enable_bitmapscan = off
set enable_sort = off
as $$
begin
    if cutoff is null or cutoff > clock_timestamp() then
        raise exception 'the cutoff is %, and a moment in the past is needed',
            coalesce(cutoff::text, 'null')
            using errcode = 'invalid_parameter_value';
    end if;
    select m.* into
        sessions, analytics, virtues, oldest, newest, last_created_at, last_id, skipped, exhausted
    from audit.move_sessions(
        'archive', null, null, null, cutoff, batch_size, run_id,
        resume_after_created_at, resume_after_id
    ) as m;
end
$$;

create function audit.restore_daily_sessions(
    session_ids uuid[] default null,
    for_user uuid default null,
    from_time timestamptz default null,
    until_time timestamptz default null,
    batch_size integer default 1000,
    resume_after_created_at timestamptz default null,
    resume_after_id uuid default null,
    run_id bigint default null,
    out sessions bigint,
    out analytics bigint,
    out virtues bigint,
    out oldest timestamptz,
    out newest timestamptz,
    out last_created_at timestamptz,
    out last_id uuid,
    out skipped bigint,
    out exhausted boolean
)
language plpgsql
security invoker
set search_path = ''
as $$
begin
    if num_nonnulls(session_ids, for_user, from_time, until_time) = 0 then
        raise exception 'nothing says which sessions to restore'
            using errcode = 'invalid_parameter_value',
                hint = 'Give session_ids, for_user, from_time or until_time.';
    end if;
    select m.* into
        sessions, analytics, virtues, oldest, newest, last_created_at, last_id, skipped, exhausted
    from audit.move_sessions(
        'restore', session_ids, for_user, from_time, until_time, batch_size, run_id,
        resume_after_created_at, resume_after_id
    ) as m;
end
$$;

revoke all on function audit.movable_columns(regclass, regclass)
from public, anon, authenticated, service_role;
revoke all on function audit.move_sessions(
    text, uuid[], uuid, timestamptz, timestamptz, integer, bigint, timestamptz, uuid, boolean
) from public, anon, authenticated, service_role;
revoke all on function audit.archive_daily_sessions(
    timestamptz, integer, timestamptz, uuid, bigint
) from public, anon, authenticated, service_role;
revoke all on function audit.restore_daily_sessions(
    uuid[], uuid, timestamptz, timestamptz, integer, timestamptz, uuid, bigint
) from public, anon, authenticated, service_role;

comment on function audit.movable_columns(regclass, regclass) is
'The columns to move from one table to its twin; an error when the two are not alike.';
comment on function audit.move_sessions(
    text, uuid[], uuid, timestamptz, timestamptz, integer, bigint, timestamptz, uuid, boolean
) is
'Moves a batch of sessions with their analytics and virtue pointers, and records it.';
comment on function audit.archive_daily_sessions(
    timestamptz, integer, timestamptz, uuid, bigint
) is
'Moves a batch of the oldest sessions created before the cutoff into the archive; repeat with'
' last_created_at and last_id until exhausted. skipped: left there, because'
' somebody had a lock, or the archive has their key already.';
comment on function audit.restore_daily_sessions(
    uuid[], uuid, timestamptz, timestamptz, integer, timestamptz, uuid, bigint
) is
'Brings a batch of archived sessions back as they were; repeat with last_created_at and'
' last_id until exhausted. All that is given must hold: session_ids, for_user, from_time <='
' created_at < until_time.';
