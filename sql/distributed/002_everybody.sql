-- 002_everybody: global settings belong to a special user that represents everybody.
-- Why: the distribution column cannot be null. So a row of users with the id
-- 00000000-0000-0000-0000-000000000000 has the global settings, and nobody can delete it.
-- What it costs: clients ask for user_id = that id instead of user_id is null; a read of a user's
-- own and the global settings asks two shards.

create or replace function audit.everybody()
returns uuid
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$ select '00000000-0000-0000-0000-000000000000'::uuid $$;

insert into public.users (id, name) values (audit.everybody(), 'Everybody')
on conflict (id) do nothing;

create or replace function audit.keep_everybody()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception 'this row of users stands for everybody, and has the global settings'
        using errcode = 'integrity_constraint_violation';
end
$$;

do $$
begin
    if not (
        select a.attnotnull from pg_attribute as a
        where a.attrelid = 'public.app_settings'::regclass and a.attname = 'user_id'
    ) then
        create trigger keep_everybody
        before delete on public.users
        for each row when (old.id = '00000000-0000-0000-0000-000000000000')
        execute function audit.keep_everybody();

        alter table public.app_settings disable trigger user;
        update public.app_settings set user_id = audit.everybody() where user_id is null;
        alter table public.app_settings enable trigger user;
        alter table public.app_settings
        alter column user_id set not null,
        alter column user_id
        set default coalesce(auth.uid(), '00000000-0000-0000-0000-000000000000');
        alter policy "Users can read their own and global settings" on public.app_settings
        using (user_id = any (array[auth.uid(), '00000000-0000-0000-0000-000000000000']));
    end if;
end
$$;

revoke all on function audit.everybody() from public, anon, authenticated, service_role;
revoke all on function audit.keep_everybody() from public, anon, authenticated, service_role;

comment on function audit.everybody() is 'The id of the user who stands for everybody.';
comment on function audit.keep_everybody() is
'Trigger function: refuses to delete the user who stands for everybody.';
