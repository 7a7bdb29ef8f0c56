-- 260_default_privilege: what will be granted on new objects.
-- Why: Supabase grants its API roles everything and the migrations revoke it table by table; its
-- own default privileges are not stated; it has none in audit and arami_db.
-- noqa: disable=RF02
select
    'default privilege' as kind,
    pg_catalog.concat(
        'of ', f.label,
        case when d.defaclnamespace <> 0 then pg_catalog.concat(' in schema ', s.object) end,
        ' on ',
        case d.defaclobjtype
            when 'r' then 'tables'
            when 'S' then 'sequences'
            when 'f' then 'functions'
            when 'T' then 'types'
            when 'n' then 'schemas'
            when 'L' then 'large objects'
            else d.defaclobjtype::pg_catalog.text
        end
    ) as object,
    pg_catalog.concat_ws(
        ' ', g.label, pg_catalog.lower(x.privilege_type collate "C")
    ) as property,
    case when x.is_grantable then 'with grant option' else 'granted' end as value
from pg_catalog.pg_default_acl as d
cross join platform as b
cross join lateral pg_catalog.aclexplode(d.defaclacl) as x
inner join roles as f on d.defaclrole = f.oid
inner join roles as g on x.grantee = g.oid
left join schemas as s on d.defaclnamespace = s.oid
where
    (d.defaclnamespace = 0 or s.oid is not null)
    and x.grantee <> d.defaclrole
    and not g.is_super
    and not (b.is_supabase and f.is_supabase)
    and not (
        d.defaclnamespace = 0
        and pg_catalog.acldefault(
            case d.defaclobjtype when 'S' then 's' else d.defaclobjtype end, d.defaclrole
        ) @> pg_catalog.makeaclitem(x.grantee, x.grantor, x.privilege_type, x.is_grantable)
    )
    and not (
        b.is_supabase
        and f.is_platform
        and (d.defaclnamespace = 0 or s.name = 'public')
        and (g.is_platform or g.label in ('anon', 'authenticated', 'service_role'))
    )
