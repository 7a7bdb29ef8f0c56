-- 250_grant: all grants with their grantors, and default rights that owners lost.
-- Why: platforms and tools grant to their roles what PUBLIC already has; on schema public and on
-- the database that is not stated. The grant options of roles that count as their owner are not
-- stated either.
-- noqa: disable=RF02
select
    'grant' as kind,
    pg_catalog.concat_ws(' ', nullif(g.kind, 'database'), g.object) as object,
    pg_catalog.concat_ws(
        ' ',
        case when here.is_shared and t.is_platform then 'owner' else t.label end,
        g.privilege
    ) as property,
    pg_catalog.concat(
        case
            when g.is_grantable and not (here.is_shared and t.is_platform)
                then 'with grant option, '
        end,
        'granted by ',
        case when here.is_shared and b.is_platform then 'owner' else b.label end
    ) as value
from grants as g
left join roles as t on g.grantee = t.oid
left join roles as b on g.grantor = b.oid
cross join lateral (values (g.kind = 'database' or g.object = 'public')) as here (is_shared)
where
    (g.object = 'public' or not t.is_super)
    -- The default rights of an owner.
    and (
        g.grantee is distinct from g.owner
        or g.grantor is distinct from g.owner
        or g.is_grantable
        or g.object = 'public'
    )
    and not (g.kind = 'database' and (t.is_platform or t.is_supabase))
    and not (
        here.is_shared
        and g.grantee <> 0
        and not t.is_platform
        and t.label not in ('owner', 'authenticated', 'service_role')
        and not g.is_grantable
        and case g.kind
            when 'database'
                then
                    pg_catalog.has_database_privilege(
                        'public', pg_catalog.current_database(), g.privilege
                    )
            else pg_catalog.has_schema_privilege('public', g.object, g.privilege)
        end
    )
union all
select
    'grant' as kind,
    pg_catalog.concat_ws(' ', g.kind, g.object) as object,
    pg_catalog.concat_ws(
        ' ', 'owner', pg_catalog.lower(x.privilege_type collate "C")
    ) as property,
    'revoked' as value
from grantables as g
cross join lateral pg_catalog.aclexplode(g.usual) as x
where
    g.acl is not null
    and x.grantee = g.owner
    and g.kind not in ('column', 'database')
    and g.object <> 'public'
    and not g.acl @> pg_catalog.makeaclitem(g.owner, g.owner, x.privilege_type, false)
