-- 030_overview_migrations: Migrations applied to this database.
-- on 42P01: This database does not have the Arami schema; `arami-db migrate` creates it.
-- on 3F000: This database does not have the Arami schema; `arami-db migrate` creates it.
-- on 42501: grant usage on schema arami_db to :"role";
-- on 42501: grant select on arami_db.migration to :"role";
-- gauge migrations_applied: files of migrations/ in the ledger
-- gauge last_migration_age_seconds: since the last of them
select
    count(*) as migrations_applied,
    extract(epoch from now() - max(applied_at)) as last_migration_age_seconds
from arami_db.migration
where kind = 'migration'
