-- 034_policy_user_metadata: policies that trust what users write about themselves.
-- Why: a signed-in user edits their own user_metadata (raw_user_meta_data in auth.users) through
-- the platform's API, and their token contains it. Data that grants access belongs in app_metadata.
select
    'security' as severity,
    c.object,
    pg_catalog.format(
        'It reads user_metadata, which every user edits for themselves, in %s.',
        pg_catalog.string_agg(c.clause, ' and ' order by c.clause desc)
    ) as finding,
    null as remedy
from conditions as c
where c.text ~ '\muser_metadata\M|\mraw_user_meta_data\M'
group by c.policy, c.object
