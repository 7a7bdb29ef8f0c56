-- 018_archive_routine: move sessions with all that belongs to them into the archive, and back.
-- Why: one call is one batch, atomic, and too small to disturb others. It does not wait for rows:
-- what is locked, or belongs to something locked, is left for a later call. A session that cannot
-- be moved is recorded with the reason, and all others move. What belongs to a session, and where
-- it moves, is read from the catalog, under locks that prevent changes of it:
-- - a table that refers to sessions moves into its twin, which has its name and "_archive";
-- - a column that refers to a session moves its value into its twin in the same table, which has
--   its name and "archived_" somewhere in it, such as earned_from_archived_session_id.
-- audit.archive_obstacles names what has no twin, and everything else that prevents a move.
-- It is in schema audit: types generated from public would list functions that API roles may not
-- call.

-- A foreign key on one side is enough: an archive that is partitioned by time can have none.
create function audit.archive_links(
    kind text,
    out foreign_keys text,
    out source regclass,
    out target regclass,
    out source_user text,
    out source_session text,
    out target_user text,
    out target_session text
)
returns setof record
language plpgsql
stable
security invoker
set search_path = ''
set enable_hashjoin = off -- a hash join would read all of pg_attribute
set jit = off
as $$
begin
    return query
    with keys as (
        select
            s.is_live,
            k.conname,
            k.conrelid,
            max(c.attname::text) filter (where r.attname = 'user_id') as user_column,
            max(c.attname::text) filter (where r.attname = 'id') as session_column
        from (
            values
            (true, 'public.daily_sessions'::regclass),
            (false, 'public.daily_sessions_archive'::regclass)
        ) as s (is_live, root)
        cross join lateral (
            select s.root as relid
            union
            select t.relid from pg_catalog.pg_partition_tree(s.root) as t
        ) as t
        inner join pg_catalog.pg_constraint as k
            on t.relid = k.confrelid and k.contype = 'f' and k.conparentid = 0
        cross join lateral unnest(k.conkey, k.confkey) as pair (referring, referred)
        inner join pg_catalog.pg_attribute as c
            on k.conrelid = c.attrelid and pair.referring = c.attnum
        inner join pg_catalog.pg_attribute as r
            on k.confrelid = r.attrelid and pair.referred = r.attnum
        group by s.is_live, k.oid, k.conname, k.conrelid
    ),

    twins as (
        select
            k.*,
            p.attname::text as twin_column,
            case
                when p.attname is null and (k.is_live or c.relname like '%\_archive')
                    then (
                        -- A table, but not itself: Postgres cuts a name of 63 bytes off.
                        select t.oid::regclass
                        from pg_catalog.pg_class as t
                        where
                            t.oid = to_regclass(format(
                                '%I.%I',
                                n.nspname,
                                case
                                    when k.is_live then c.relname || '_archive'
                                    else left(c.relname, -length('_archive'))
                                end
                            ))
                            and t.oid <> k.conrelid
                            and t.relkind in ('r', 'p')
                    )
            end as twin_table
        from keys as k
        inner join pg_catalog.pg_class as c on k.conrelid = c.oid
        inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
        left join pg_catalog.pg_attribute as p
            on k.conrelid = p.attrelid
            and p.attnum > 0
            and not p.attisdropped
            and p.attname <> k.session_column
            and case
                when k.is_live then replace(p.attname, 'archived_', '') = k.session_column
                else p.attname = replace(k.session_column, 'archived_', '')
            end
    ),

    links as (
        select
            case when t.is_live then t.conrelid else coalesce(t.twin_table, t.conrelid) end as live,
            case when t.is_live then coalesce(t.twin_table, t.conrelid) else t.conrelid end
                as archived,
            case
                when t.twin_column is null then null
                when t.is_live then array[t.session_column, t.twin_column]
                else array[t.twin_column, t.session_column]
            end as pointers,
            t.session_column is null or t.twin_column is null and t.twin_table is null
                as has_no_twin,
            array_agg(distinct t.session_column) filter (where t.is_live) as live_sessions,
            array_agg(distinct t.session_column) filter (where not t.is_live) as archived_sessions,
            -- If one key lacks the user's column, rows may have no user.
            case
                when bool_and(t.user_column is not null) filter (where t.is_live)
                    then max(t.user_column) filter (where t.is_live)
            end as live_user,
            case
                when bool_and(t.user_column is not null) filter (where not t.is_live)
                    then max(t.user_column) filter (where not t.is_live)
            end as archived_user,
            string_agg(t.conname, ', ' order by t.conname) filter (where t.is_live) as live_keys,
            string_agg(t.conname, ', ' order by t.conname) filter (where not t.is_live)
                as archived_keys
        from twins as t
        group by 1, 2, 3, 4
    ),

    -- If two columns of a table refer to sessions, it is unknown with which one a row moves.
    sides as (
        select
            l.live,
            l.archived,
            l.has_no_twin
            or l.pointers is null and (
                coalesce(cardinality(l.live_sessions), 0) > 1
                or coalesce(cardinality(l.archived_sessions), 0) > 1
            ) as has_no_twin,
            coalesce(l.pointers[1], l.live_sessions[1], l.archived_sessions[1]) as live_session,
            coalesce(l.pointers[2], l.archived_sessions[1], l.live_sessions[1])
                as archived_session,
            case when l.live_keys is null then l.archived_user else l.live_user end as live_user,
            case when l.archived_keys is null then l.live_user else l.archived_user end
                as archived_user,
            l.live_keys,
            l.archived_keys
        from links as l
    )

    select
        case when kind = 'archive' then l.live_keys else l.archived_keys end,
        case when kind = 'archive' then l.live else l.archived end::regclass,
        case when l.has_no_twin then null
            when kind = 'archive' then l.archived
            else l.live
        end::regclass,
        case when kind = 'archive' then l.live_user else l.archived_user end,
        case when kind = 'archive' then l.live_session else l.archived_session end,
        case when kind = 'archive' then l.archived_user else l.live_user end,
        case when kind = 'archive' then l.archived_session else l.live_session end
    from sides as l
    where
        not l.has_no_twin
        or case when kind = 'archive' then l.live_keys else l.archived_keys end is not null
    -- Rows that move come before columns that move.
    order by l.live = l.archived, l.live::text, live_session;
end
$$;

-- The columns of a table and of its twin, by name, with their possible differences.
create function audit.archive_columns(
    live regclass,
    archived regclass,
    out name text,
    out live_type text,
    out archived_type text,
    out is_generated boolean
)
returns setof record
language plpgsql
stable
security invoker
set search_path = ''
set jit = off
as $$
begin
    return query
    with columns as (
        select
            a.attrelid,
            a.attname,
            a.attgenerated <> '' as is_generated,
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
            a.attrelid in (live, archived)
            and a.attnum > 0
            and not a.attisdropped
            and not (a.attname = 'archived_at' and a.attrelid = archived and live <> archived)
    )

    select
        quote_ident(coalesce(l.attname, a.attname)),
        coalesce(l.type, 'missing'),
        coalesce(
            a.type, case when l.attname <> 'archived_at' then 'missing' end, 'when a row moved'
        ),
        coalesce(l.is_generated, a.is_generated)
    from (select * from columns where attrelid = live) as l
    full join (select * from columns where attrelid = archived) as a on l.attname = a.attname;
end
$$;

-- The comment of a trigger declares it harmless, and stores the reason for every caller.
create function audit.archive_obstacles(
    kind text, out object text, out problem text, out remedy text
)
returns setof record
language plpgsql
stable
security invoker
set search_path = ''
set jit = off
as $$
declare
    is_archive constant boolean := kind = 'archive';
    live constant regclass := 'public.daily_sessions';
    archived constant regclass := 'public.daily_sessions_archive';
    sessions constant regclass := case when is_archive then live else archived end;
    -- The values of pg_trigger.tgenabled and pg_rewrite.ev_enabled of what is enabled now.
    enabled constant text := case current_setting('session_replication_role')
        when 'replica' then 'RA'
        else 'OA'
    end;
begin
    return query
    with links as (
        select l.* from audit.archive_links(kind) as l
    ),

    moves as (
        select sessions as source, case when is_archive then archived else live end as target
        union
        select l.source, l.target from links as l where l.source <> l.target
    ),

    -- Tables whose rows are inserted (pg_trigger.tgtype 4, pg_rewrite.ev_type 3), deleted (8, 4) or
    -- updated (16, 2); for updates, the columns that change.
    touched as (
        select coalesce(p.relid, t.root) as relid, t.trigger_type, t.rule_event, t.columns
        from (
            select m.source as root, 8 as trigger_type, '4' as rule_event, '{}'::text [] as columns
            from moves as m
            union all
            select m.target, 4, '3', '{}' from moves as m
            union all
            select l.source, 16, '2', array[l.source_session, l.target_session]
            from links as l where l.source = l.target
        ) as t
        left join lateral pg_catalog.pg_partition_tree(t.root) as p on true
    )

    select
        format('foreign key %s of %s', l.foreign_keys, l.source),
        format('it refers to %s, and its rows would be left behind', sessions),
        'Let it name the session by its id, in one column, and give the table a twin with its name'
        ' and "_archive" that has the same columns, or the column a twin with its name and'
        ' "archived_"; or drop the foreign key.'
    from links as l
    where l.target is null
    union all
    select
        format('foreign key %I of %s', k.conname, k.conrelid::regclass),
        format('it refers to %s, whose rows move with their session', m.source),
        'A table can follow the session alone: let it refer to that, give it a twin, and drop this'
        ' foreign key.'
    from moves as m
    inner join pg_catalog.pg_constraint as k
        on m.source = k.confrelid and k.contype = 'f' and k.conparentid = 0
    where m.source <> sessions
    union all
    select
        format('table %s', i.inhrelid::regclass),
        format('it inherits from %s, and its rows would move without its own columns', m.source),
        'Take it out of the inheritance, or make it a partition.'
    from moves as m
    inner join pg_catalog.pg_class as c on m.source = c.oid and c.relkind <> 'p'
    inner join pg_catalog.pg_inherits as i on m.source = i.inhparent
    union all
    select
        format('column %I of %s', l.source_session, l.source),
        format('it may not be null, and its value moves to %I', l.target_session),
        format('alter table %s alter column %I drop not null;', l.source, l.source_session)
    from links as l
    inner join pg_catalog.pg_attribute as a
        on l.source = a.attrelid and l.source_session = a.attname and a.attnotnull
    where l.source = l.target
    union all
    select
        format('column %s', c.name),
        format(
            'column %s is %s in %s and %s in %s',
            c.name, c.live_type, pair.live, c.archived_type, pair.archived
        ),
        'Make the two tables alike in a migration.'
    from moves as m
    cross join lateral (
        select
            case when is_archive then m.source else m.target end as live,
            case when is_archive then m.target else m.source end as archived
    ) as pair
    cross join lateral audit.archive_columns(pair.live, pair.archived) as c
    where c.live_type <> c.archived_type
    union all
    select
        format('trigger %I of %s', t.tgname, t.tgrelid::regclass),
        format(
            'its function %s would run for each move, and may change what moves', t.tgfoid::regproc
        ),
        format(
            'If that is harmless, say why: comment on trigger %I on %s is ''archive: …''.'
            ' Otherwise drop it, or disable it during the run.',
            t.tgname,
            t.tgrelid::regclass
        )
    from touched as x
    inner join pg_catalog.pg_trigger as t on x.relid = t.tgrelid
    where
        not t.tgisinternal
        and t.tgparentid = 0
        and strpos(enabled, t.tgenabled::text) > 0
        and t.tgtype & x.trigger_type > 0
        and t.tgfoid not in (
            'audit.record_change()'::regprocedure, 'public.update_updated_at_column()'::regprocedure
        )
        and (
            x.trigger_type <> 16
            or t.tgattr = ''
            or exists (
                select from pg_catalog.pg_attribute as a
                where
                    a.attrelid = t.tgrelid
                    and a.attname = any(x.columns)
                    and a.attnum = any(t.tgattr::smallint [])
            )
        )
        and coalesce(obj_description(t.oid, 'pg_trigger'), '') !~ '^archive: *\S'
    union all
    select
        format('rule %I of %s', r.rulename, r.ev_class::regclass),
        'it turns what moves into something else',
        'Drop it; a trigger can be declared as harmless, a rule cannot.'
    from touched as x
    inner join pg_catalog.pg_rewrite as r on x.relid = r.ev_class and x.rule_event = r.ev_type
    where strpos(enabled, r.ev_enabled::text) > 0
    order by 1;
end
$$;

-- Where the rows of a table are: in the table. With Citus they are in shards, and a batch moves the
-- rows of one shard: sql/distributed has another function of this name, which returns that shard.
create function audit.part(relation regclass)
returns regclass
language sql
immutable
security invoker
set search_path = ''
as $$ select relation $$;

-- The statements of a move, in order. Each takes the sessions as $1 (user_id) and $2 (id), locks
-- the rows or fails at once, and returns how many rows were to move and how many arrived with equal
-- columns: sessions byte for byte (record_image_eq), all else as text, since a session may have
-- many rows, and a table may have no key to compare them by.
-- None reads a whole table: rows are locked in a lateral subquery, which the planner does not turn
-- into a join, and deleted or updated by "few", which hides the size of the arrays from it.
-- "held" finds the sessions with a row that another session has locked. "is_unlike" means that the
-- statement must not run, since the table and its twin differ.
create function audit.archive_statements(
    kind text, out relation regclass, out statement text, out held text, out is_unlike boolean
)
returns setof record
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
    is_archive constant boolean := kind = 'archive';
    live constant regclass := 'public.daily_sessions';
    archived constant regclass := 'public.daily_sessions_archive';
    sessions constant regclass := case when is_archive then live else archived end;
    few constant text := 'unnest((select $1), (select $2)) as p (user_id, id)';
    link record;
    matches text;
    columns text;
begin
    for link in
        select
            sessions as source,
            case when is_archive then archived else live end as target,
            'user_id' as source_user,
            'id' as source_session,
            'user_id' as target_user,
            'id' as target_session,
            false as is_pointer
        union all
        select
            l.source, l.target, l.source_user, l.source_session, l.target_user,
            l.target_session, l.source = l.target
        from audit.archive_links(kind) as l
        where l.target is not null
    loop
        relation := case when is_archive then link.source else link.target end;
        matches := format('c.%I = p.id', link.source_session)
            || case
                when link.source_user is null then ''
                when link.target_user is null
                    then format(' and (c.%1$I = p.user_id or c.%1$I is null)', link.source_user)
                else format(' and c.%I = p.user_id', link.source_user)
            end;
        select
            coalesce(string_agg(
                case when link.is_pointer then 'c.' else '' end || c.name, ', '
            ) filter (
                where not c.is_generated and not (
                    link.is_pointer and c.name in (
                        quote_ident(link.source_session), quote_ident(link.target_session)
                    )
                )
            ), 'null'),
            bool_or(c.live_type <> c.archived_type)
        into columns, is_unlike
        from audit.archive_columns(
            relation, case when is_archive then link.target else link.source end
        ) as c;
        statement := format(
            case
                when link.is_pointer then
                    'with picked as materialized (
                         select c.*
                         from unnest($1, $2) as p (user_id, id)
                         cross join lateral (
                             select c.%6$I, c.%5$I, %1$s from %2$s as c where %3$s
                             for no key update nowait
                         ) as c
                     ),
                     arrived as (
                         update %2$s as c set %5$I = c.%6$I, %6$I = c.%5$I from %7$s where %3$s
                         returning c.%5$I, c.%6$I, %1$s
                     ),
                     gone as (select from arrived)'
                else
                    'with picked as materialized (
                         select c.*
                         from unnest($1, $2) as p (user_id, id)
                         cross join lateral (
                             select %1$s from %2$s as c where %3$s for update nowait
                         ) as c
                     ),
                     arrived as (
                         insert into %4$s (%1$s) overriding system value select %1$s from picked
                         returning %1$s
                     ),'
                    || case
                        when link.source = sessions then 'gone as (select from picked)'
                        else 'gone as (delete from %2$s as c using %7$s where %3$s returning 1)'
                    end
            end
            || '
                 select
                     (select count(*) from picked),
                     least((select count(*) from gone), ('
            || case
                when link.source = sessions then
                    'select count(*)
                     from picked as p
                     inner join arrived as a on p.user_id = a.user_id and p.id = a.id
                     where record_image_eq(row(a.*), row(p.*))'
                else
                    'select (select count(*) from picked) - count(*)
                     from (
                         select row(p.*)::text from picked as p
                         except all
                         select row(a.*)::text from arrived as a
                     ) as unlike'
            end
            || ')), null, null',
            columns, audit.part(link.source), matches, audit.part(link.target),
            link.target_session, link.source_session, few
        );
        held := format(
            'select p.user_id, p.id
             from unnest($1, $2) as p (user_id, id)
             cross join lateral (
                 select count(*) as n from (select from %1$s as c where %2$s offset 0) as c
             ) as there
             cross join lateral (
                 select count(*) as n
                 from (select from %1$s as c where %2$s for %3$s skip locked) as c
             ) as ours
             where there.n > ours.n',
            audit.part(link.source),
            matches,
            case when link.is_pointer then 'no key update' else 'update' end
        );
        return next;
    end loop;

    -- Last, because this also deletes the rows that refer to a session.
    statement := format(
        'with gone as (
             delete from %s as c using %s where c.user_id = p.user_id and c.id = p.id
             returning c.created_at
         )
         select cardinality($2), count(*), min(created_at), max(created_at) from gone',
        audit.part(sessions), few
    );
    held := null;
    is_unlike := false;
    return next;
end
$$;

-- Moves these sessions: all of them, or after an error those without a lock, or the halves that
-- succeed.
create function audit.move_rows(
    kind text,
    statements text[],
    held text,
    user_ids uuid[],
    ids uuid[],
    run_id bigint,
    out arrived bigint[],
    out oldest timestamptz,
    out newest timestamptz,
    out failed bigint
)
language plpgsql
security invoker
set search_path = ''
as $$
declare
    expected bigint;
    found bigint;
    half constant integer := cardinality(ids) / 2;
    free_users uuid [];
    free uuid [];
    first record;
    second record;
begin
    failed := 0;
    for number in 1..cardinality(statements) loop
        execute statements[number] into expected, found, oldest, newest using user_ids, ids;
        if found <> expected then
            raise exception '% of % rows arrived as they were, in step % of the move',
                found, expected, number
                using errcode = 'triggered_data_change_violation',
                    detail = statements[number],
                    hint = 'A trigger of the application, declared harmless by its comment, changes'
                        ' or skips rows that move.';
        end if;
        arrived[number] := found;
    end loop;
exception
    when others then
        -- Errors of a row, and those that an application raises: P0001 and all classes that SQL
        -- leaves to applications, except X (internal errors). 55P03: another session has locked a
        -- row, or is writing one with the same key. Only the first attempt waits long for that.
        if sqlstate !~ '^(2[23]|54|[6-9I-WYZ]|55P03)' then
            raise;
        end if;
        perform set_config('lock_timeout', '50ms', true);
        if sqlstate = '55P03' then
            execute format(
                'select array_agg(p.user_id), array_agg(p.id) from unnest($1, $2) as p (user_id, id)
                 where (p.user_id, p.id) not in (%s)',
                held
            )
            into free_users, free using user_ids, ids;
        end if;
        if sqlstate = '55P03' and coalesce(cardinality(free), 0) < cardinality(ids) then
            select m.* into arrived, oldest, newest, failed
            from audit.move_rows(
                kind, statements, held, coalesce(free_users, '{}'), coalesce(free, '{}'), run_id
            ) as m;
        elsif half > 0 then
            select m.* into first
            from audit.move_rows(kind, statements, held, user_ids[:half], ids[:half], run_id) as m;
            select m.* into second
            from audit.move_rows(
                kind, statements, held, user_ids[half + 1:], ids[half + 1:], run_id
            ) as m;
            arrived := array(
                select coalesce(a.one, 0) + coalesce(a.other, 0)
                from unnest(first.arrived, second.arrived) with ordinality as a (one, other, number)
                order by a.number
            );
            oldest := least(first.oldest, second.oldest);
            newest := greatest(first.newest, second.newest);
            failed := first.failed + second.failed;
        else
            arrived := '{}';
            oldest := null;
            newest := null;
            failed := (sqlstate <> '55P03')::integer;
            execute format(
                'insert into %s (kind, user_id, session_id, sqlstate, message, run_id)
                 select $1, $2, $3, $4, $5, $6
                 where $4 <> ''55P03''
                 on conflict (user_id, session_id, kind) do update set
                     sqlstate = excluded.sqlstate, message = excluded.message,
                     run_id = excluded.run_id, tried_at = default',
                audit.part('audit.archive_failure')
            )
            using
                kind, user_ids[1], ids[1], sqlstate,
                -- The server's message would quote the value, which is private.
                case when sqlstate like '22%' then 'a value does not fit' else sqlerrm end, run_id;
        end if;
end
$$;

-- sql/distributed replaces this function: with Citus the row belongs in the shard of its users.
create function audit.record_batch(
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
language sql
security invoker
set search_path = ''
as $$
    insert into audit.archive_batch (
        run_id, kind, cutoff, duration, sessions, rows, oldest, newest
    )
    values (run_id, kind, cutoff, duration, sessions, rows, oldest, newest)
$$;

create function audit.move_sessions(
    kind text,
    session_ids uuid[],
    for_user uuid,
    from_time timestamptz,
    until_time timestamptz,
    batch_size integer,
    resume_after_created_at timestamptz,
    resume_after_id uuid,
    run_id bigint,
    retry boolean,
    out sessions bigint,
    out rows jsonb,
    out oldest timestamptz,
    out newest timestamptz,
    out last_created_at timestamptz,
    out last_id uuid,
    out skipped bigint,
    out failed bigint,
    out exhausted boolean
)
language plpgsql
security invoker
set search_path = ''
set row_security = off
set lock_timeout = '2s'
set enable_seqscan = off
set extra_float_digits = 1 -- numbers are compared as text, with all digits
set plan_cache_mode = force_generic_plan
set jit = off
as $$
declare
    began constant timestamptz := clock_timestamp();
    live constant regclass := audit.part('public.daily_sessions');
    archived constant regclass := audit.part('public.daily_sessions_archive');
    failures constant regclass := audit.part('audit.archive_failure');
    source constant regclass := case kind when 'archive' then live else archived end;
    asked text;
    known constant text := format(
        'select from %s as f'
        ' where f.user_id = s.user_id and f.session_id = s.id and f.kind = $8 offset 0',
        failures
    );
    relation regclass;
    in_the_way boolean := false;
    obstacle record;
    steps record;
    user_ids uuid [];
    ids uuid [];
    arrived bigint [];
    picked integer;
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
    -- A deferred error would fail the whole batch, and not only the session that caused it.
    set constraints all immediate;

    -- Always in this order. From here on nothing new can refer to sessions, and no column changes.
    execute format(
        'lock table %s, %s, %s, %s in row exclusive mode',
        live, archived, audit.part('audit.archive_batch'), failures
    );
    for relation in
        select distinct audit.part(t.relation)
        from audit.archive_links(kind) as l
        cross join lateral (values (l.source), (l.target)) as t (relation)
        order by 1
    loop
        if relation is null then
            in_the_way := true; -- a table without its twin
        else
            execute format('lock table %s in row exclusive mode', relation);
        end if;
    end loop;
    select
        array_agg(s.relation) as relations,
        array_agg(s.statement) as statements,
        string_agg(s.held, ' union all ') as held,
        bool_or(s.is_unlike) as is_unlike
    into steps
    from audit.archive_statements(kind) as s;
    -- Other obstacles are searched only once a run: it takes as long as a small batch. On a worker
    -- they are not, since the comments of triggers are on the tables, not on their shards.
    if
        in_the_way
        or steps.is_unlike
        or resume_after_id is null and live = 'public.daily_sessions'::regclass
    then
        select o.* into obstacle from audit.archive_obstacles(kind) as o limit 1;
        if found then
            raise exception '%: %', obstacle.object, obstacle.problem
                using errcode = 'object_not_in_prerequisite_state', hint = obstacle.remedy;
        end if;
    end if;

    -- Users whose row is locked are skipped: deleting an account locks it, then its sessions.
    asked := concat_ws(
        ' and ',
        case when retry then 'exists (%s)' else 'not exists (%s)' end,
        case when session_ids is not null then 's.id = any($1)' end,
        case when for_user is not null then 's.user_id = $2' end,
        case when from_time is not null then 's.created_at >= $3' end,
        case when until_time is not null then 's.created_at < $4' end,
        case when resume_after_created_at is not null then '(s.created_at, s.id) > ($5, $6)' end
    );
    asked := format(asked, known);
    execute format(
        'with picked as (
             select s.user_id, s.id, s.created_at
             from %s as s
             cross join lateral (
                 select from %s as u where u.id = s.user_id for key share skip locked
             ) as u
             where %s
             order by %s s.created_at nulls first, s.id
             limit $7
             for update of s skip locked
         )
         select
             array_agg(p.user_id), array_agg(p.id),
             (array_agg(p.created_at))[count(*)::integer], (array_agg(p.id))[count(*)::integer]
         from picked as p',
        source,
        audit.part('public.users'),
        asked,
        case when retry then format('(%s),', replace(known, 'select', 'select f.tried_at')) end
    )
    into user_ids, ids, last_created_at, last_id
    using session_ids, for_user, from_time, until_time, resume_after_created_at, resume_after_id,
        batch_size, kind;
    picked := coalesce(cardinality(ids), 0);
    exhausted := picked < batch_size;

    -- In the order of the archive's keys, neighbours are on the same pages of its indexes: this
    -- saves a twelfth of the time.
    select coalesce(array_agg(p.user_id), '{}'), coalesce(array_agg(p.id), '{}') into user_ids, ids
    from (
        select * from unnest(user_ids, ids) as s (user_id, id) order by s.user_id, s.id
    ) as p;

    -- Nothing can be attached to these sessions, since that needs a key share lock on them. The
    -- setting tells the change log that rows only move: see 019_audit_moves.
    perform set_config('arami_db.moving', 'on', true);
    select m.* into arrived, oldest, newest, failed
    from audit.move_rows(kind, steps.statements, steps.held, user_ids, ids, run_id) as m;
    perform set_config('arami_db.moving', 'off', true);
    sessions := coalesce(arrived[1], 0);
    select coalesce(jsonb_object_agg(t.relation, t.rows), '{}') into rows
    from (
        select a.relation, sum(a.rows) as rows
        from unnest(steps.relations, arrived) with ordinality as a (relation, rows, number)
        where a.rows > 0 and a.number between 2 and cardinality(steps.relations) - 1
        group by a.relation
    ) as t;

    -- Sessions that this call skipped; another call may be moving them.
    if retry then
        skipped := picked - sessions - failed;
        execute format(
            'delete from %s as f
             where f.kind = $1 and not exists (
                 select from %s as s where s.user_id = f.user_id and s.id = f.session_id
             )',
            failures,
            source
        )
        using kind;
    else
        execute format(
            -- In the order of the batch, so that the same index is read.
            'select count(*)
             from (
                 select from %s as s
                 where %s and ($9 or (s.created_at, s.id) <= ($10, $11))
                 order by s.created_at nulls first, s.id
                 offset 0
             ) as s',
            source,
            asked
        )
        into skipped
        using session_ids, for_user, from_time, until_time, resume_after_created_at,
            resume_after_id, batch_size, kind, exhausted, last_created_at, last_id;
    end if;
    if sessions > 0 then
        perform audit.record_batch(
            run_id, kind, case when kind = 'archive' then until_time end,
            clock_timestamp() - began, sessions, rows, oldest, newest
        );
    end if;
end
$$;

create function audit.archive_daily_sessions(
    cutoff timestamptz,
    batch_size integer default 1000,
    resume_after_created_at timestamptz default null,
    resume_after_id uuid default null,
    run_id bigint default null,
    retry boolean default false,
    out sessions bigint,
    out rows jsonb,
    out oldest timestamptz,
    out newest timestamptz,
    out last_created_at timestamptz,
    out last_id uuid,
    out skipped bigint,
    out failed bigint,
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
        sessions, rows, oldest, newest, last_created_at, last_id, skipped, failed, exhausted
    from audit.move_sessions(
        'archive', null, null, null, cutoff, batch_size,
        resume_after_created_at, resume_after_id, run_id, retry
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
    retry boolean default false,
    out sessions bigint,
    out rows jsonb,
    out oldest timestamptz,
    out newest timestamptz,
    out last_created_at timestamptz,
    out last_id uuid,
    out skipped bigint,
    out failed bigint,
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
        sessions, rows, oldest, newest, last_created_at, last_id, skipped, failed, exhausted
    from audit.move_sessions(
        'restore', session_ids, for_user, from_time, until_time, batch_size,
        resume_after_created_at, resume_after_id, run_id, retry
    ) as m;
end
$$;

revoke all on function audit.archive_links(text)
from public, anon, authenticated, service_role;
revoke all on function audit.archive_columns(regclass, regclass)
from public, anon, authenticated, service_role;
revoke all on function audit.archive_obstacles(text)
from public, anon, authenticated, service_role;
revoke all on function audit.part(regclass) from public, anon, authenticated, service_role;
revoke all on function audit.archive_statements(text)
from public, anon, authenticated, service_role;
revoke all on function audit.move_rows(text, text[], text, uuid[], uuid[], bigint)
from public, anon, authenticated, service_role;
revoke all on function audit.record_batch(
    bigint, text, timestamptz, interval, bigint, jsonb, timestamptz, timestamptz
) from public, anon, authenticated, service_role;
revoke all on function audit.move_sessions(
    text, uuid[], uuid, timestamptz, timestamptz, integer, timestamptz, uuid, bigint, boolean
) from public, anon, authenticated, service_role;
revoke all on function audit.archive_daily_sessions(
    timestamptz, integer, timestamptz, uuid, bigint, boolean
) from public, anon, authenticated, service_role;
revoke all on function audit.restore_daily_sessions(
    uuid[], uuid, timestamptz, timestamptz, integer, timestamptz, uuid, bigint, boolean
) from public, anon, authenticated, service_role;

comment on function audit.archive_links(text) is
'What belongs to sessions, from the catalog: tables that move into their twin, and columns whose'
' value moves into their twin (source = target); without a target there is no twin.';
comment on function audit.archive_columns(regclass, regclass) is
'The columns of a live table and of its archived twin, by name.';
comment on function audit.archive_obstacles(text) is
'What stops an archive or a restore: object, problem, remedy; no row when nothing does.';
comment on function audit.part(regclass) is
'Where rows of a table are moved from or to: the table, or on Citus one shard of it.';
comment on function audit.archive_statements(text) is
'The statements that an archive or a restore executes for a batch, in order.';
comment on function audit.move_rows(text, text[], text, uuid[], uuid[], bigint) is
'Moves sessions that are locked already; those that cannot be moved go on record.';
comment on function audit.record_batch(
    bigint, text, timestamptz, interval, bigint, jsonb, timestamptz, timestamptz
) is
'Puts a batch on record.';
comment on function audit.move_sessions(
    text, uuid[], uuid, timestamptz, timestamptz, integer, timestamptz, uuid, bigint, boolean
) is
'Moves a batch of sessions with all that belongs to them, and records it.';
comment on function audit.archive_daily_sessions(
    timestamptz, integer, timestamptz, uuid, bigint, boolean
) is
'Moves a batch of the oldest sessions created before the cutoff into the archive; repeat with'
' last_created_at and last_id until exhausted. skipped: left there, because somebody had a lock.'
' failed: gone on record in audit.archive_failure; only retry takes those, the longest untried'
' first.';
comment on function audit.restore_daily_sessions(
    uuid[], uuid, timestamptz, timestamptz, integer, timestamptz, uuid, bigint, boolean
) is
'Brings a batch of archived sessions back as they were; repeat with last_created_at and'
' last_id until exhausted. All that is given must hold: session_ids, for_user, from_time <='
' created_at < until_time. skipped, failed, retry: as in archive_daily_sessions.';
