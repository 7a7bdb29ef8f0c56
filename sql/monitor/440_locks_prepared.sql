-- 440_locks_prepared: Prepared transactions, which hold their locks until somebody ends them.
-- Why: no session has them, so no restart ends them. Whoever lost them says in their database:
-- rollback prepared 'gid';
select
    p.gid,
    p.owner as role,
    p.database,
    extract(epoch from now() - p.prepared) as open_seconds,
    age(p.transaction) as xid_age
from pg_prepared_xacts as p
order by p.prepared asc, p.gid asc
