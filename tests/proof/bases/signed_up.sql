-- Signing up makes the account, and only that does.
alter table public.users add foreign key (id) references auth.users on delete cascade;
create function public.handle_new_user() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    insert into public.users (id, email, name)
    values (new.id, new.email, new.raw_user_meta_data ->> 'name');
    return new;
end
$$;
revoke execute on function public.handle_new_user() from public, anon, authenticated;
create trigger on_auth_user_created after insert on auth.users
for each row execute function public.handle_new_user();
