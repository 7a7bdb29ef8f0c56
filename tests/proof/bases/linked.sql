-- An account is the login's: it goes when the login goes, and cannot be without.
alter table public.users add foreign key (id) references auth.users on delete cascade;
