-- 440_locks_prepared: Prepared transactions, which hold their locks until somebody ends them.
-- Why: they belong to no session, so a restart does not end them. End a lost one in its database
-- with: rollback prepared 'gid';
select
    p.gid,
    p.owner as role,
    p.database,
    extract(epoch from now() - p.prepared) as open_seconds,
    age(p.transaction) as xid_age
from pg_prepared_xacts as p
order by p.prepared asc, p.gid asc
