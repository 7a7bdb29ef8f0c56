-- 004_identifiers: an e-mail or phone belongs to one person, also across machines.
-- Why: a unique constraint holds within a shard. The coordinator stores the owner of each value; a
-- trigger on the shard claims new values and releases old ones there, in a separate transaction of
-- the coordinator: one that spanned both could not be prepared for commit. So a claim or release
-- happens before it is known whether its transaction commits. Until that has ended, nobody else
-- gets the value; then the row of users decides. Each call settles a few earlier claims this way.
-- What it costs: a connection to the coordinator for each statement that writes an e-mail or phone,
-- or deletes a user. Where one server would wait for the end of another transaction, a claim is
-- refused at once. A value that this transaction removed from a row is not free before it ends.

create table if not exists audit.identifier (
    kind text not null,
    value text not null,
    user_id uuid not null,
    claimed_at timestamptz not null default now(),
    claimed_by bigint,
    is_settled boolean not null default false,
    constraint identifier_pkey primary key (kind, value),
    constraint chk_identifier_kind check (kind in ('email', 'phone'))
);

create index if not exists idx_identifier_unsettled on audit.identifier (claimed_at)
where not is_settled;
create index if not exists idx_identifier_user_id on audit.identifier (user_id);

alter table audit.identifier enable row level security;

do $$
begin
    if not exists (select from pg_policy where polrelid = 'audit.identifier'::regclass) then
        create policy "Nobody can access the identifiers" on audit.identifier
        for all to authenticated
        using (false);
    end if;
end
$$;

revoke all on table audit.identifier from public, anon, authenticated, service_role;

-- The global pid identifies a session. The session of another machine is not searched for: its
-- claim is valid for an hour. Clear the cached statistics each time: otherwise a session that began
-- a claim since the first read of this transaction would look idle.
create or replace function audit.is_in_progress(claim audit.identifier)
returns boolean
language sql
volatile
set search_path = pg_catalog, pg_temp
as $$
    select pg_stat_clear_snapshot();

    select case
        when claim.claimed_by is null then false
        when citus_nodeid_for_gpid(claim.claimed_by) <> citus_nodeid_for_gpid(citus_backend_gpid())
            then claim.claimed_at > clock_timestamp() - interval '1 hour'
        else exists (
            select from pg_stat_activity as a
            where
                a.pid = citus_pid_for_gpid(claim.claimed_by)
                -- A session that this role may not see may be in a transaction.
                and (a.xact_start <= claim.claimed_at or a.state is null)
        )
    end
$$;

-- An ended transaction may still have to be committed on a worker that was down.
create or replace function audit.is_held(claim audit.identifier)
returns boolean
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
    if exists (
        select from pg_dist_transaction as t
        where split_part(t.gid, '_', 3) = citus_pid_for_gpid(claim.claimed_by)::text
    ) then
        perform recover_prepared_transactions();
    end if;
    return exists (
        select from public.users as u
        where u.id = claim.user_id
            and case claim.kind when 'email' then u.email else u.phone end = claim.value
    );
end
$$;

create or replace function audit.settle_identifiers(at_most bigint default null)
returns bigint
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    claim audit.identifier;
    settled bigint := 0;
begin
    for claim in
        select i.* from audit.identifier as i
        where not i.is_settled and not audit.is_in_progress(i)
        order by i.claimed_at
        limit at_most
        for update skip locked
    loop
        if audit.is_held(claim) then
            update audit.identifier as i set is_settled = true
            where i.kind = claim.kind and i.value = claim.value;
        else
            delete from audit.identifier as i
            where i.kind = claim.kind and i.value = claim.value;
        end if;
        settled := settled + 1;
    end loop;
    return settled;
end
$$;

create or replace function audit.claim_identifiers(claims jsonb, claimant bigint)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
set lock_timeout = '2s'
as $$
declare
    claim record;
    holder audit.identifier;
begin
    for claim in
        select c.*
        from jsonb_to_recordset(claims) as c (
            kind text, value text, user_id uuid, is_given_up boolean
        )
        order by c.kind, c.value, c.is_given_up desc -- in one order, or two could wait for each other
    loop
        if claim.is_given_up then
            update audit.identifier as i
            set claimed_at = clock_timestamp(), claimed_by = claimant, is_settled = false
            where i.kind = claim.kind and i.value = claim.value and i.user_id = claim.user_id;
            continue;
        end if;

        insert into audit.identifier as i (kind, value, user_id, claimed_at, claimed_by)
        values (claim.kind, claim.value, claim.user_id, clock_timestamp(), claimant)
        on conflict (kind, value) do update
        set claimed_at = excluded.claimed_at, claimed_by = excluded.claimed_by, is_settled = false
        where i.user_id = excluded.user_id;
        continue when found;

        select i.* into holder from audit.identifier as i
        where i.kind = claim.kind and i.value = claim.value for update;
        if audit.is_in_progress(holder) or audit.is_held(holder) then
            raise exception 'taken: %', claim.kind;
        end if;
        update audit.identifier as i
        set
            user_id = claim.user_id, claimed_at = clock_timestamp(), claimed_by = claimant,
            is_settled = false
        where i.kind = claim.kind and i.value = claim.value;
    end loop;

    begin
        perform audit.settle_identifiers(at_most => 3);
    exception
        when others then null; -- a worker that is down must not stop other sign-ups
    end;
end
$$;

create or replace function audit.claim_users_identifiers()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    claims jsonb;
    answer record;
    taken text;
begin
    if tg_op = 'INSERT' then
        select jsonb_agg(to_jsonb(c)) into claims
        from new_rows as n
        cross join lateral (
            values ('email', n.email, n.id, false), ('phone', n.phone, n.id, false)
        ) as c (kind, value, user_id, is_given_up)
        where c.value is not null;
    elsif tg_op = 'DELETE' then
        select jsonb_agg(to_jsonb(c)) into claims
        from old_rows as o
        cross join lateral (
            values ('email', o.email, o.id, true), ('phone', o.phone, o.id, true)
        ) as c (kind, value, user_id, is_given_up)
        where c.value is not null;
    else
        select jsonb_agg(to_jsonb(c)) into claims
        from new_rows as n
        full join old_rows as o on n.id = o.id
        cross join lateral (
            values
            ('email', nullif(n.email, o.email), n.id, false),
            ('phone', nullif(n.phone, o.phone), n.id, false),
            ('email', nullif(o.email, n.email), o.id, true),
            ('phone', nullif(o.phone, n.phone), o.id, true)
        ) as c (kind, value, user_id, is_given_up)
        where c.value is not null;
    end if;
    if claims is null then
        return null;
    end if;

    select a.success, a.result into answer
    from run_command_on_coordinator(
        format('select audit.claim_identifiers(%L, %s)', claims, citus_backend_gpid())
    ) as a;
    taken := substring(answer.result from 'taken: (email|phone)');
    if taken is not null then
        raise exception 'duplicate key value violates unique constraint "idx_users_%"', taken
            using errcode = 'unique_violation',
                constraint = 'idx_users_' || taken, table = 'users', schema = 'public';
    elsif not answer.success then
        raise exception 'the coordinator could not be asked whose e-mail or phone it is: %',
            answer.result
            using errcode = 'connection_exception';
    end if;
    return null;
end
$$;

do $$
begin
    if exists (
        select from pg_constraint
        where conrelid = 'public.users'::regclass and conname = 'idx_users_email'
    ) then
        insert into audit.identifier (kind, value, user_id, is_settled)
        select c.kind, c.value, u.id, true
        from public.users as u
        cross join lateral (values ('email', u.email), ('phone', u.phone)) as c (kind, value)
        where c.value is not null;

        alter table public.users drop constraint idx_users_email, drop constraint idx_users_phone;
        create index idx_users_email on public.users (email);
        create index idx_users_phone on public.users (phone);
    end if;
end
$$;

revoke all on function audit.is_in_progress(audit.identifier)
from public, anon, authenticated, service_role;
revoke all on function audit.is_held(audit.identifier)
from public, anon, authenticated, service_role;
revoke all on function audit.settle_identifiers(bigint)
from public, anon, authenticated, service_role;
revoke all on function audit.claim_identifiers(jsonb, bigint)
from public, anon, authenticated, service_role;
revoke all on function audit.claim_users_identifiers()
from public, anon, authenticated, service_role;

comment on table audit.identifier is
'Which person an e-mail or phone is; on the coordinator alone, for all workers.';
comment on policy "Nobody can access the identifiers" on audit.identifier is
'Its owner and roles with BYPASSRLS read it, no user of the API.';
comment on column audit.identifier.claimed_by is
'Global pid of the session that last claimed it or gave it up; null for what was there before.';
comment on column audit.identifier.is_settled is
'Whether the transaction that claimed it or gave it up has ended, and the person has it.';
comment on function audit.is_in_progress(audit.identifier) is
'Whether the transaction that claimed an e-mail or phone, or gave it up, may not have ended.';
comment on function audit.is_held(audit.identifier) is
'Whether the person has the e-mail or phone, as far as committed.';
comment on function audit.settle_identifiers(bigint) is
'Deletes e-mails and phones that nobody has any more; returns how many claims it settled.';
comment on function audit.claim_identifiers(jsonb, bigint) is
'Makes e-mails and phones a person''s: [{kind, value, user_id, is_given_up}]; refuses what another'
' has.';
comment on function audit.claim_users_identifiers() is
'Statement trigger function: claims the e-mails and phones that are new in users, gives up others.';
