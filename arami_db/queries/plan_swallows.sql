-- Whether this transaction has called a function that may swallow errors.
select
from pg_catalog.pg_stat_xact_user_functions as f
inner join pg_catalog.pg_proc as p on f.funcid = p.oid
where p.prosrc ~* '\mexception\M'
limit 1
