-- 008_dangerous_privileges: TRUNCATE, TRIGGER, REFERENCES or MAINTAIN in the hands of API roles.
-- Why: TRUNCATE empties a table past row level security and past the audit triggers; TRIGGER runs
-- code as whoever writes next; REFERENCES tells which keys exist; MAINTAIN (Postgres 17) locks.
-- Nothing the API does needs any of them.
select
    'security' as severity,
    g.object,
    pg_catalog.format(
        '%s is granted to %s: row level security does not hold it back.',
        pg_catalog.upper(pg_catalog.string_agg(distinct g.privilege, ', ')),
        w.name
    ) as finding,
    pg_catalog.format(
        'revoke %s on table %s from %s',
        pg_catalog.string_agg(
            distinct pg_catalog.concat(g.privilege, ' (' || g.column_name || ')'), ', '
        ),
        r.object,
        w.name
    ) as remedy
from grants as g
inner join relations as r on g.relation = r.oid
inner join roles as w on g.grantee = w.oid
where
    g.privilege in ('truncate', 'trigger', 'references', 'maintain')
    and g.grantee <> g.owner
    and g.grantee in (select a.acts_as from api as a)
group by g.object, r.object, w.name
