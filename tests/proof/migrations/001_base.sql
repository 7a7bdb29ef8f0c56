-- 001_base: accounts and notes, each for its owner alone: what every case stands on.
create table public.users (
    id uuid primary key default gen_random_uuid(),
    email text unique,
    name text,
    created_at timestamptz not null default now()
);
alter table public.users enable row level security;
create policy own on public.users to authenticated
using ((select auth.uid()) = id) with check ((select auth.uid()) = id);
revoke all on public.users from public, anon, authenticated;
grant select, insert, update, delete on public.users to authenticated;

create table public.notes (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references public.users on delete cascade,
    body text not null default ''
);
alter table public.notes enable row level security;
create policy own on public.notes to authenticated
using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);
grant select, insert, update, delete on public.notes to authenticated;
