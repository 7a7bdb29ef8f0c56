-- 008_dangerous_privileges: API roles with TRUNCATE, TRIGGER, REFERENCES or MAINTAIN.
-- Why: TRUNCATE empties a table without row level security and audit triggers; TRIGGER runs code as
-- the next role that writes; REFERENCES reveals which keys exist; MAINTAIN (Postgres 17) locks.
-- The API needs none of them. Default privileges on a neighbour's table, such as Supabase's on
-- every table, are the platform's choice, and nobody can use them through the API.
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
    and (
        r.is_made
        or not exists (
            select
            from pg_catalog.pg_default_acl as d
            cross join lateral pg_catalog.aclexplode(d.defaclacl) as entry
            where
                d.defaclrole = g.owner
                and d.defaclnamespace in (0, r.relnamespace)
                and d.defaclobjtype = 'r'
                and entry.grantee = g.grantee
                and pg_catalog.upper(g.privilege) = entry.privilege_type
                and g.column_name is null
                and not g.is_grantable
        )
    )
group by g.object, r.object, w.name
