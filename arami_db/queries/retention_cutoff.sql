-- The moment before which rows are older than an age, whether it is still to come, or too young.
select
    to_json(c.cutoff) #>> '{}',
    c.cutoff > now(),
    c.cutoff > now() - %(youngest)s::interval
from (select now() - %(age)s::interval) as c (cutoff)
