-- 013_app_settings: settings of a user, of the system, and feature flags.
-- Why: a row without user_id is global; without a signed-in user the default is null, so that
-- service_role may leave it out. Nulls are not distinct, so a global key exists once. Users read
-- their own rows and the global ones, but write only their own of type 'user': users must not set
-- feature flags for themselves. So there is one policy for each command.

create table public.app_settings (
    id uuid primary key default gen_random_uuid(),
    user_id uuid default auth.uid(),
    setting_key text not null,
    setting_value jsonb not null,
    setting_type text not null default 'user',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint chk_app_settings_setting_type check (
        setting_type in ('user', 'system', 'feature_flag')
    ),
    constraint uq_app_settings_user_id_setting_key
    unique nulls not distinct (user_id, setting_key),
    constraint fk_app_settings_users foreign key (user_id)
    references public.users (id) on delete cascade
);

create index idx_app_settings_user_id on public.app_settings (user_id);
create index idx_app_settings_key on public.app_settings (setting_key);

create trigger update_app_settings_updated_at
before update on public.app_settings
for each row execute function public.update_updated_at_column();

create trigger audit_app_settings_update
after update on public.app_settings
referencing old table as old_rows new table as new_rows
for each statement execute function audit.record_change();

create trigger audit_app_settings_delete
after delete on public.app_settings
referencing old table as old_rows
for each statement execute function audit.record_change();

alter table public.app_settings enable row level security;

create policy "Users can read their own and global settings" on public.app_settings
for select to authenticated
using ((select auth.uid()) = user_id or user_id is null);

create policy "Users can add settings of their own" on public.app_settings
for insert to authenticated
with check ((select auth.uid()) = user_id and setting_type = 'user');

create policy "Users can only access their own settings" on public.app_settings
for update to authenticated
using ((select auth.uid()) = user_id and setting_type = 'user')
with check ((select auth.uid()) = user_id and setting_type = 'user');

create policy "Users can delete their own settings" on public.app_settings
for delete to authenticated
using ((select auth.uid()) = user_id and setting_type = 'user');

revoke all on table public.app_settings from public, anon, authenticated, service_role;
grant select, insert, update, delete on table public.app_settings to authenticated, service_role;

comment on table public.app_settings is
'Settings: a user''s own, and global ones (user_id is null) with feature flags.';
comment on column public.app_settings.user_id is 'Whose setting; null for a global one.';
comment on column public.app_settings.setting_value is
'Any JSON, as the key asks for, such as {"enabled": true}.';
comment on policy "Users can read their own and global settings" on public.app_settings is
'A signed-in user reads their own rows of every type, and the global rows.';
comment on policy "Users can add settings of their own" on public.app_settings is
'A signed-in user adds rows of type user, for themselves only.';
comment on policy "Users can only access their own settings" on public.app_settings is
'A signed-in user changes their own rows of type user only, and they remain such.';
comment on policy "Users can delete their own settings" on public.app_settings is
'A signed-in user deletes their own rows of type user only.';
