-- 001_foundation: extensions, the rights on schema public, and the updated_at trigger function.
-- Why: an extension may be installed already or be missing on the server; plain DDL has no
-- condition for that, so a block checks the catalog first. Nothing here uses them: some builds of
-- Postgres do not have them. As on Supabase they go into schema extensions: in public the API would
-- offer their functions to everybody.

do $$
declare
    missing name;
begin
    for missing in
        select a.name
        from pg_available_extensions as a
        where a.name in ('pgcrypto', 'uuid-ossp') and a.installed_version is null
        order by a.name
    loop
        if to_regnamespace('extensions') is null then
            create schema extensions;
        end if;
        execute format('create extension %I schema extensions', missing);
    end loop;
exception
    when insufficient_privilege then
        raise exception 'this role may not create the extensions pgcrypto and uuid-ossp'
            using errcode = 'insufficient_privilege',
                hint = 'Let an administrator create them in this database, then migrate again.';
end
$$;

grant usage on schema public to authenticated, service_role;

create function public.update_updated_at_column()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
    -- Moving a session into the archive, or back, is not an update of its rows.
    if current_setting('arami_db.moving', true) is distinct from 'on' then
        new.updated_at = now();
    end if;
    return new;
end
$$;

revoke all on function public.update_updated_at_column()
from public, anon, authenticated, service_role;

comment on function public.update_updated_at_column() is
'Trigger function: stamps updated_at with the transaction''s time on every update.';
