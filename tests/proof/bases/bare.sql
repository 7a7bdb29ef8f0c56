-- There is no table of accounts but the platform's own.
drop table public.notes, public.users;
