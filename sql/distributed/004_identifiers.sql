-- 004_identifiers: an e-mail or phone is one person's, though people are on many machines.
-- Why: a unique constraint holds within a shard. The coordinator keeps who has which; a trigger on
-- the shard claims there what is new, in a transaction of the coordinator's own: one that spanned
-- both could not be prepared for commit. So a claim stays when its transaction fails. It is void
-- once an hour has passed and the row of whoever made it does not have the value.
-- What it costs: a connection to the coordinator for each statement that writes an e-mail or phone.

create table if not exists audit.identifier (
    kind text not null,
    value text not null,
    user_id uuid not null,
    claimed_at timestamptz not null default now(),
    constraint identifier_pkey primary key (kind, value),
    constraint chk_identifier_kind check (kind in ('email', 'phone'))
);

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

create or replace function audit.claim_identifiers(claims jsonb)
returns void
language plpgsql
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    claim record;
    holder audit.identifier;
begin
    for claim in
        select c.* from jsonb_to_recordset(claims) as c (kind text, value text, user_id uuid)
        order by c.kind, c.value -- in one order, or two could wait for each other
    loop
        insert into audit.identifier as i (kind, value, user_id)
        values (claim.kind, claim.value, claim.user_id)
        on conflict (kind, value) do update set claimed_at = clock_timestamp()
        where i.user_id = excluded.user_id;
        continue when found;

        select i.* into holder from audit.identifier as i
        where i.kind = claim.kind and i.value = claim.value for update;
        if holder.claimed_at > now() - interval '1 hour' or exists (
            select from public.users as u
            where u.id = holder.user_id
                and case claim.kind when 'email' then u.email else u.phone end = claim.value
        ) then
            raise exception 'taken: %', claim.kind;
        end if;
        update audit.identifier as i
        set user_id = claim.user_id, claimed_at = clock_timestamp()
        where i.kind = claim.kind and i.value = claim.value;
    end loop;
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
            values ('email', n.email, n.id), ('phone', n.phone, n.id)
        ) as c (kind, value, user_id)
        where c.value is not null;
    else
        select jsonb_agg(to_jsonb(c)) into claims
        from new_rows as n
        left join old_rows as o on n.id = o.id
        cross join lateral (
            values
            ('email', nullif(n.email, o.email), n.id), ('phone', nullif(n.phone, o.phone), n.id)
        ) as c (kind, value, user_id)
        where c.value is not null;
    end if;
    if claims is null then
        return null;
    end if;

    select a.success, a.result into answer
    from run_command_on_coordinator(
        format('select audit.claim_identifiers(%L)', claims)
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
        insert into audit.identifier (kind, value, user_id)
        select c.kind, c.value, u.id
        from public.users as u
        cross join lateral (values ('email', u.email), ('phone', u.phone)) as c (kind, value)
        where c.value is not null;

        alter table public.users drop constraint idx_users_email, drop constraint idx_users_phone;
        create index idx_users_email on public.users (email);
        create index idx_users_phone on public.users (phone);
    end if;
end
$$;

revoke all on function audit.claim_identifiers(jsonb)
from public, anon, authenticated, service_role;
revoke all on function audit.claim_users_identifiers()
from public, anon, authenticated, service_role;

comment on table audit.identifier is
'Which person an e-mail or phone is; on the coordinator alone, for all workers.';
comment on policy "Nobody can access the identifiers" on audit.identifier is
'Its owner and roles with BYPASSRLS read it, no user of the API.';
comment on function audit.claim_identifiers(jsonb) is
'Makes e-mails and phones a person''s: [{kind, value, user_id}]; refuses what another has.';
comment on function audit.claim_users_identifiers() is
'Statement trigger function: claims the e-mails and phones that are new in users.';
