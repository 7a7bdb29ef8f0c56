-- The statements that give an object exactly the privileges of a saved access list.
with current_acl as (
    select coalesce(c.relacl, acldefault('r', c.relowner)) as acl
    from pg_catalog.pg_class as c
    where not %(is_function)s and c.oid = to_regclass(%(identity)s)
    union all
    select coalesce(p.proacl, acldefault('f', p.proowner))
    from pg_catalog.pg_proc as p
    where %(is_function)s and p.oid = to_regprocedure(%(identity)s)
),

statements (place, sql) as (
    select distinct
        1,
        format(
            'revoke all on %%s %%s from %%s', %(kind)s::text, %(identity)s::text,
            case x.grantee when 0 then 'public' else x.grantee::regrole::text end
        )
    from current_acl as a
    cross join lateral aclexplode(a.acl) as x
    union all
    select
        2,
        format(
            'grant %%s on %%s %%s to %%s%%s', x.privilege_type, %(kind)s::text, %(identity)s::text,
            case x.grantee when 0 then 'public' else x.grantee::regrole::text end,
            case when x.is_grantable then ' with grant option' end
        )
    from aclexplode(%(acl)s::text[]::aclitem[]) as x
)

select sql
from statements
order by place, sql
