do $$
begin
    if not exists (
        select from pg_attribute as a
        where a.attrelid = 'audit.archive_batch'::regclass and a.attname = 'user_id'
    ) then
        alter table audit.archive_batch
        add column user_id uuid not null default audit.everybody(),
        drop constraint fk_archive_batch_archive_run,
        alter column id drop identity;
        alter table audit.archive_batch
        alter column id type uuid using gen_random_uuid(),
        alter column id set default gen_random_uuid();
        alter table audit.archive_failure drop constraint fk_archive_failure_archive_run;
    end if;
end
$$;
