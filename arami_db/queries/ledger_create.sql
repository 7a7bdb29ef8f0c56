-- The ledger: what has been applied to this database, and everything that was tried.
-- Why: in a schema of its own that no API role may enter. Every statement can be repeated.

create schema if not exists arami_db;

revoke all on schema arami_db from public;

create table if not exists arami_db.migration (
    kind text not null,
    version bigint not null,
    name text not null,
    checksum text not null,
    algorithm text not null,
    origin text not null,
    applied_at timestamptz not null default now(),
    duration interval not null default '0',
    database_role text not null default session_user,
    os_user text not null,
    host text not null,
    tool_version text not null,
    constraint migration_pkey primary key (kind, version),
    constraint chk_migration_kind check (kind in ('migration', 'view', 'distributed')),
    constraint chk_migration_origin check (origin in ('migrate', 'baseline', 'repair'))
);

create table if not exists arami_db.event (
    id bigint generated always as identity primary key,
    occurred_at timestamptz not null default clock_timestamp(),
    event text not null,
    kind text not null,
    version bigint not null,
    name text not null,
    checksum text not null,
    statement int,
    sqlstate text,
    message text,
    database_role text not null default session_user,
    os_user text not null,
    host text not null,
    tool_version text not null,
    constraint chk_event_event check (
        event in (
            'started', 'finished', 'applied', 'failed', 'interrupted', 'baselined', 'repaired',
            'forgotten'
        )
    )
);

create index if not exists idx_event_version on arami_db.event (kind, version, id);

revoke all on table arami_db.migration from public;

revoke all on table arami_db.event from public;

comment on schema arami_db is 'The migration ledger of arami-db; never exposed.';

comment on table arami_db.migration is
'The ledger: one row for each file applied, written in the transaction that applied it.';

comment on column arami_db.migration.checksum is
'Digest (by algorithm) of the file''s text as it was executed: no BOM, newlines as LF.';

comment on column arami_db.migration.origin is
'How the row came to be: the file was run (migrate), adopted (baseline) or accepted (repair).';

comment on table arami_db.event is
'History: every attempt, also those that failed; messages without values of rows.';

comment on column arami_db.event.statement is
'In a no-transaction file: which of its statements, SET not counted, was started or finished.';

comment on column arami_db.event.checksum is
'Digest of the file; of a statement, of the file''s statements up to it, SET left out.';

-- Default privileges may have given the new tables to API roles, where those exist.
do $$
declare
    api_role text;
begin
    foreach api_role in array array['anon', 'authenticated', 'service_role'] loop
        continue when to_regrole(api_role) is null;
        execute format('revoke all on schema arami_db from %I', api_role);
        execute format('revoke all on all tables in schema arami_db from %I', api_role);
        execute format('revoke all on all sequences in schema arami_db from %I', api_role);
    end loop;
end
$$;
