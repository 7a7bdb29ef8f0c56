-- 008_delete_account: a signed-in user deletes their account, in one call.
-- Why: API roles may not change auth.users. The function that may is in a schema that the API does
-- not see; this one is parsed when it is created, so calling that one needs no USAGE on its schema.

create or replace function public.delete_account()
returns void
language sql
volatile
security invoker
set search_path = ''
begin atomic
    select audit.delete_caller();
end;

revoke all on function public.delete_account() from public, anon, authenticated, service_role;
grant execute on function public.delete_account() to authenticated;

comment on function public.delete_account() is
'Permanently deletes the caller''s login, profile and all their data, archived data included.';
