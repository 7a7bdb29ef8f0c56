-- 012_virtue_collection: the virtues a person has earned.
-- Why: a virtue outlives the session that earned it: deleting the session only clears the pointer.
-- The key is composite so that nobody can point to another user's session.

create table public.virtue_collection (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null default auth.uid(),
    virtue_name text not null,
    virtue_description text,
    virtue_icon text,
    earned_from_session_id uuid,
    times_earned integer not null default 1,
    first_earned_at timestamptz not null default now(),
    last_earned_at timestamptz not null default now(),
    constraint uq_virtue_collection_user_id_virtue_name unique (user_id, virtue_name),
    constraint fk_virtue_collection_users foreign key (user_id)
    references public.users (id) on delete cascade,
    constraint fk_virtue_collection_daily_sessions foreign key (user_id, earned_from_session_id)
    references public.daily_sessions (user_id, id) on delete set null (earned_from_session_id)
);

create index idx_virtue_collection_user_id on public.virtue_collection (user_id);
create index idx_virtue_collection_virtue on public.virtue_collection (virtue_name);
create index idx_virtue_collection_earned_from_session_id
on public.virtue_collection (user_id, earned_from_session_id);

create trigger audit_virtue_collection_update
after update on public.virtue_collection
referencing old table as old_rows new table as new_rows
for each statement execute function audit.record_change();

create trigger audit_virtue_collection_delete
after delete on public.virtue_collection
referencing old table as old_rows
for each statement execute function audit.record_change();

alter table public.virtue_collection enable row level security;

create policy "Users can only access their own virtues" on public.virtue_collection
for all to authenticated
using ((select auth.uid()) = user_id)
with check ((select auth.uid()) = user_id);

revoke all on table public.virtue_collection from public, anon, authenticated, service_role;
grant select, insert, update, delete on table public.virtue_collection
to authenticated, service_role;

comment on table public.virtue_collection is
'Virtues earned through sessions, each once a user with a count.';
comment on column public.virtue_collection.earned_from_session_id is
'The live session that earned it first; null when that session was deleted or archived.';
comment on policy "Users can only access their own virtues" on public.virtue_collection is
'A signed-in user reads and writes their own virtues only.';
