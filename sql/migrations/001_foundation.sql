-- 001_foundation: extensions, the schema's door, and the updated_at trigger function.
-- Why: an extension may be there already, be absent from the server, or belong in Supabase's
-- `extensions` schema; plain DDL cannot say "whichever holds", so a block asks the catalog first.

do $$
declare
    placement text := case
        when to_regnamespace('extensions') is null then '' else ' schema extensions'
    end;
begin
    if not exists (select from pg_extension where extname = 'pgcrypto') then
        execute 'create extension pgcrypto' || placement;
    end if;

    if exists (select from pg_available_extensions where name = 'uuid-ossp')
        and not exists (select from pg_extension where extname = 'uuid-ossp')
    then
        execute 'create extension "uuid-ossp"' || placement;
    end if;
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
    new.updated_at = now();
    return new;
end
$$;

revoke all on function public.update_updated_at_column()
from public, anon, authenticated, service_role;

comment on function public.update_updated_at_column() is
'Trigger function: stamps updated_at with the transaction''s time on every update.';
