-- 005_archive: what was moved is recorded beside it.
-- Why: a batch moves sessions within one shard, on its worker. Its record lies there too, placed by
-- the user of its first session; a line's id is a uuid, as in the change log. The runs themselves
-- are the coordinator's.
-- What it costs: which batches a run had is asked of every shard.

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
