-- 900_session_notes: what an application adds to sessions: a table with its twin, and a column that
-- points at a session, with its twin beside it.

create table public.session_notes (
    id bigint generated always as identity primary key,
    session_id uuid not null,
    user_id uuid not null default auth.uid(),
    body json,
    "Of day" date,
    length integer generated always as (length(body::text)) stored,
    constraint fk_session_notes_daily_sessions foreign key (user_id, session_id)
    references public.daily_sessions (user_id, id) on delete cascade,
    constraint fk_session_notes_users foreign key (user_id)
    references public.users (id) on delete cascade
);
create index idx_session_notes_session_id on public.session_notes (user_id, session_id);
create table public.session_notes_archive (
    id bigint generated always as identity primary key,
    session_id uuid not null,
    user_id uuid not null default auth.uid(),
    body json,
    "Of day" date,
    length integer generated always as (length(body::text)) stored,
    archived_at timestamptz not null default now(),
    constraint fk_session_notes_archive_daily_sessions_archive foreign key (user_id, session_id)
    references public.daily_sessions_archive (user_id, id) on delete cascade,
    constraint fk_session_notes_archive_users foreign key (user_id)
    references public.users (id) on delete cascade
);
create index idx_session_notes_archive_session_id
on public.session_notes_archive (user_id, session_id);

alter table public.user_goals
add column began_in_session_id uuid,
add column began_in_archived_session_id uuid,
add constraint fk_user_goals_daily_sessions foreign key (user_id, began_in_session_id)
references public.daily_sessions (user_id, id) on delete set null (began_in_session_id),
add constraint fk_user_goals_daily_sessions_archive
foreign key (user_id, began_in_archived_session_id)
references public.daily_sessions_archive (user_id, id)
on delete set null (began_in_archived_session_id);
create index idx_user_goals_began_in_session_id
on public.user_goals (user_id, began_in_session_id);
create index idx_user_goals_began_in_archived_session_id
on public.user_goals (user_id, began_in_archived_session_id);

alter table public.session_notes enable row level security;
create policy "Own notes" on public.session_notes for all to authenticated
using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);
revoke all on table public.session_notes from public, anon, authenticated, service_role;
grant select, insert, update, delete on table public.session_notes to authenticated;
alter table public.session_notes_archive enable row level security;
create policy "Own archived notes" on public.session_notes_archive for all to authenticated
using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);
revoke all on table public.session_notes_archive from public, anon, authenticated, service_role;
grant select, insert, update, delete on table public.session_notes_archive to authenticated;
