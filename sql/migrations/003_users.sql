-- 003_users: one row a person; the parent of everything else.
-- Why: email and phone are optional because a person may sign in with either; each is unique by a
-- constraint with the documented index's name, since API layers read constraints. A form sends
-- '' for an empty field: that becomes null, or two people without a phone would collide. Deleting
-- this row deletes all data of the person.

create table public.users (
    id uuid primary key default gen_random_uuid(),
    email text,
    phone text,
    name text,
    preferred_language text not null default 'en',
    onboarding_completed boolean not null default false,
    timezone text not null default 'UTC',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint chk_users_preferred_language check (preferred_language in ('en', 'pt', 'es', 'fr')),
    constraint idx_users_email unique (email),
    constraint idx_users_phone unique (phone)
);

create index idx_users_onboarding on public.users (onboarding_completed);

-- An unknown time zone would break every computation of a day, so it is refused when it is written,
-- and only then; a check constraint would refuse to restore a dump, and every update of the row,
-- once a server no longer knows the name. Offsets are refused too: to Postgres, "+05:30" is west of
-- Greenwich, and "UTC-167" is a week ahead. The trigger names no columns: otherwise a later
-- migration could not change their types.
create function public.clean_users_row()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
    if btrim(new.email) = '' then
        new.email = null;
    end if;
    if btrim(new.phone) = '' then
        new.phone = null;
    end if;
    if new.timezone is distinct from old.timezone then
        perform now() at time zone new.timezone;
        if new.timezone !~ '^([A-Za-z_-]+(/[A-Za-z0-9_+-]+)*|[A-Z]{3}\d[A-Z]{3}|GMT[+-]?0)$' then
            raise exception 'time zone "%" is an offset, and a name is needed', new.timezone
                using errcode = 'invalid_parameter_value',
                    hint = 'Give the name of a place, such as Europe/Lisbon.';
        end if;
    end if;
    return new;
end
$$;

revoke all on function public.clean_users_row()
from public, anon, authenticated, service_role;

create trigger clean_users_row
before insert or update on public.users
for each row execute function public.clean_users_row();

create trigger update_users_updated_at
before update on public.users
for each row execute function public.update_updated_at_column();

create trigger audit_users_update
after update on public.users
referencing old table as old_rows new table as new_rows
for each statement execute function audit.record_change();

create trigger audit_users_delete
after delete on public.users
referencing old table as old_rows
for each statement execute function audit.record_change();

alter table public.users enable row level security;

create policy "Users can only access their own data" on public.users
for all to authenticated
using ((select auth.uid()) = id)
with check ((select auth.uid()) = id);

revoke all on table public.users from public, anon, authenticated, service_role;
grant select, insert, update, delete on table public.users to authenticated, service_role;

comment on table public.users is
'One row a person: contact, language, time zone and whether onboarding is done.';
comment on column public.users.id is 'The same id as in auth.users, so that auth.uid() finds it.';
comment on column public.users.timezone is
'IANA name, such as Europe/Lisbon; the days of streaks go by it.';
comment on function public.clean_users_row() is
'Trigger function: an empty e-mail or phone becomes null; a time zone is the name of one (22023).';
comment on policy "Users can only access their own data" on public.users is
'A signed-in user reads and writes the row whose id is auth.uid(), and no other.';
