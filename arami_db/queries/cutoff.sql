-- The moment before which rows are old, whether it is in the future, and whether it is too young.
select
    to_json(c.cutoff) #>> '{}',
    c.cutoff > now(),
    c.cutoff > now() - %(youngest)s::interval
from (
    select coalesce(%(before)s::timestamptz, now() - %(older_than)s::interval)
) as c (cutoff)
