-- Delete the lines about a person's rows, and count those that this transaction did not write.
with gone as (
    delete from {}
    where a.row_id = any(%(ids)s) or {}
    returning a.xmin
)

select count(*) filter (
    where g.xmin::text::bigint <> pg_current_xact_id()::text::numeric %% 4294967296
)
from gone as g
