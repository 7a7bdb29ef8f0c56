-- 020_overview_wraparound: Age of the oldest row of each database, against forced vacuum.
-- Why: at 100 % of autovacuum_freeze_max_age the server forces a vacuum, even if autovacuum is off;
-- at about 2.1 billion it refuses writes. Every database counts, template0 too.
-- labels: datname
-- gauge xid_age: transactions since the oldest row that is not frozen
-- gauge xid_forced_ratio: of autovacuum_freeze_max_age
-- gauge multixact_age: row locks since the oldest that is not frozen
-- gauge multixact_forced_ratio: of autovacuum_multixact_freeze_max_age
-- gauge wraparound_ratio: of the 2^31 at which writes end
-- noqa: disable=ST05
select
    d.datname,
    a.xid as xid_age,
    a.xid::float8 / current_setting('autovacuum_freeze_max_age')::float8 as xid_forced_ratio,
    a.multi as multixact_age,
    a.multi::float8 / current_setting('autovacuum_multixact_freeze_max_age')::float8
        as multixact_forced_ratio,
    greatest(a.xid, a.multi) / 2147483648.0::float8 as wraparound_ratio
from pg_database as d
cross join
    lateral (
        select
            age(d.datfrozenxid)::bigint as xid,
            mxid_age(d.datminmxid)::bigint as multi
    ) as a
order by greatest(a.xid, a.multi) desc, d.datname asc
