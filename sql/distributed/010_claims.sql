-- 010_claims: from here on, a statement that writes an e-mail or phone claims it.
-- Why: distributing a table inserts its rows into the shards, and fires the triggers there. Claims
-- are made in separate transactions, which would not see the tables that this one has created.
-- What it costs: see 004_identifiers.

do $$
begin
    if not exists (
        select from pg_trigger
        where tgrelid = 'public.users'::regclass and tgname = 'claim_users_insert'
    ) then
        create trigger claim_users_insert
        after insert on public.users
        referencing new table as new_rows
        for each statement execute function audit.claim_users_identifiers();
        create trigger claim_users_update
        after update on public.users
        referencing old table as old_rows new table as new_rows
        for each statement execute function audit.claim_users_identifiers();
        create trigger claim_users_delete
        after delete on public.users
        referencing old table as old_rows
        for each statement execute function audit.claim_users_identifiers();
    end if;
end
$$;
