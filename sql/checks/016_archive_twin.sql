-- 016_archive_twin: archive tables whose shape or protection differs from their live table's.
-- Why: a session belongs to its user in either table, and must fit back into the live one. For each
-- <table>_archive with a <table>: the same columns with type, collation and nullability (plus
-- archived_at), the same checks, policies, grants and row level security. Keys and foreign keys
-- differ on purpose. Deparsed texts are compared with "_archive" removed from every name. It is
-- unknown which of the two is wrong, so a remedy only adds to the archive or protects it.
with pairs as (
    select
        live.oid as live,
        live.relname as live_name,
        live.relrowsecurity as live_rls,
        arch.oid as arch,
        arch.relname as arch_name,
        arch.relrowsecurity as arch_rls,
        arch.object
    from relations as live
    inner join relations as arch
        on
            live.relnamespace = arch.relnamespace
            and pg_catalog.format('%s_archive', live.relname) = arch.relname
    where live.kind = 'table' and arch.kind = 'table' and (live.is_made or arch.is_made)
),

columns as (
    select
        p.object,
        a.attrelid = p.live as is_live,
        p.live,
        a.attname,
        a.attnotnull,
        a.attcollation,
        a.atttypid,
        a.atttypmod,
        pg_catalog.format_type(a.atttypid, a.atttypmod) as type
    from pairs as p
    inner join pg_catalog.pg_attribute as a on a.attrelid in (p.live, p.arch)
    where a.attnum > 0 and not a.attisdropped
),

checks as (
    select
        p.object,
        k.conrelid = p.live as is_live,
        k.conname,
        pg_catalog.pg_get_constraintdef(k.oid) as definition,
        pg_catalog.replace(
            k.conname::pg_catalog.text, 'chk_' || p.live_name || '_', 'chk_' || p.arch_name || '_'
        ) as twin_name,
        p.live
    from pairs as p
    inner join pg_catalog.pg_constraint as k on k.conrelid in (p.live, p.arch)
    left join pg_catalog.pg_attribute as own
        on p.arch = own.attrelid and own.attname = 'archived_at'
    where
        k.contype = 'c'
        and not (
            k.conrelid = p.arch and own.attnum is not null and k.conkey = array[own.attnum]
        )
),

normal_checks as (
    select
        k.*,
        pg_catalog.regexp_replace(k.definition, '_archive\M', '', 'g') as normal
    from checks as k
),

policies as (
    select
        p.object,
        y.polrelid = p.live as is_live,
        y.polname,
        p.live,
        pg_catalog.format(
            ' as %s for %s to %s%s%s',
            case when y.polpermissive then 'permissive' else 'restrictive' end,
            case y.polcmd
                when 'r' then 'select'
                when 'a' then 'insert'
                when 'w' then 'update'
                when 'd' then 'delete'
                else 'all'
            end,
            (
                select pg_catalog.string_agg(w.name, ', ' order by w.name)
                from roles as w
                where w.oid = any(y.polroles)
            ),
            ' using (' || pg_catalog.pg_get_expr(y.polqual, y.polrelid) || ')',
            ' with check (' || pg_catalog.pg_get_expr(y.polwithcheck, y.polrelid) || ')'
        ) as definition
    from pairs as p
    inner join pg_catalog.pg_policy as y on y.polrelid in (p.live, p.arch)
),

normal_policies as (
    select
        y.*,
        pg_catalog.regexp_replace(y.definition, '_archive\M', '', 'g') as normal
    from policies as y
),

-- Grants on each of them to roles other than its owner.
given as (
    select
        p.live,
        p.object,
        g.relation = p.live as is_live,
        pg_catalog.concat(g.privilege, ' (' || g.column_name || ')') as privilege,
        g.is_grantable,
        w.name as grantee
    from pairs as p
    inner join grants as g on g.relation in (p.live, p.arch)
    inner join roles as w on g.grantee = w.oid
    where g.grantee <> g.owner
),

live_columns as (
    select * from columns
    where is_live
),

archive_columns as (
    select * from columns
    where not is_live
),

live_checks as (
    select * from normal_checks
    where is_live
),

archive_checks as (
    select * from normal_checks
    where not is_live
),

live_policies as (
    select * from normal_policies
    where is_live
),

archive_policies as (
    select * from normal_policies
    where not is_live
),

live_grants as (
    select * from given
    where is_live
),

archive_grants as (
    select * from given
    where not is_live
),

differences (severity, object, finding, remedy) as (
    select
        'integrity',
        coalesce(a.object, l.object) || '.' || pg_catalog.quote_ident(
            coalesce(a.attname, l.attname)
        ),
        case
            when a.live is null then 'The live table has this column and the archive has not.'
            when l.live is null then 'The archive has this column and the live table has not.'
            else
                pg_catalog.format(
                    'The column is %s%s in the archive and %s%s in the live table.',
                    a.type,
                    case when a.attnotnull then ' not null' end,
                    l.type,
                    case when l.attnotnull then ' not null' end
                )
        end,
        case
            when a.live is null
                then
                    pg_catalog.format(
                        'alter table %s add column %I %s%s',
                        l.object, l.attname, l.type, case when l.attnotnull then ' not null' end
                    )
            when
                l.attnotnull
                and not a.attnotnull
                and a.atttypid = l.atttypid
                and a.atttypmod = l.atttypmod
                then
                    pg_catalog.format(
                        'alter table %s alter column %I set not null', a.object, a.attname
                    )
        end
    from live_columns as l
    full join archive_columns as a
        on l.live = a.live and l.attname = a.attname
    where
        (l.live is null and a.attname <> 'archived_at')
        or a.live is null
        or (a.atttypid, a.atttypmod, a.attcollation, a.attnotnull)
        is distinct from (l.atttypid, l.atttypmod, l.attcollation, l.attnotnull)
        and l.live is not null
    union all
    select
        'integrity',
        pg_catalog.format(
            '%I on %s', coalesce(a.conname, l.twin_name), coalesce(a.object, l.object)
        ),
        case
            when l.live is null then 'The archive has this check and the live table has not.'
            else 'The live table has this check and the archive has not.'
        end,
        case
            when a.live is null
                then
                    pg_catalog.format(
                        'alter table %s add constraint %I %s', l.object, l.twin_name, l.definition
                    )
        end
    from live_checks as l
    full join archive_checks as a
        on l.live = a.live and l.normal = a.normal
    where l.live is null or a.live is null
    union all
    select
        'security',
        pg_catalog.format('%I on %s', coalesce(a.polname, l.polname), coalesce(a.object, l.object)),
        case
            when l.live is null then 'The archive has this policy and the live table has no such.'
            else 'The live table has this policy and the archive has no such.'
        end,
        null
    from live_policies as l
    full join archive_policies as a
        on l.live = a.live and l.normal = a.normal
    where l.live is null or a.live is null
    union all
    select
        'security',
        coalesce(a.object, l.object),
        case
            when l.live is null
                then
                    pg_catalog.format(
                        'The archive grants %s to %s and the live table does not.',
                        a.privilege, a.grantee
                    )
            else
                pg_catalog.format(
                    'The live table grants %s to %s and the archive does not.',
                    l.privilege, l.grantee
                )
        end,
        case
            when l.live is null and twin.live is not null
                then
                    pg_catalog.format(
                        'revoke grant option for %s on table %s from %s',
                        a.privilege, a.object, a.grantee
                    )
            when l.live is null
                then
                    pg_catalog.format(
                        'revoke %s on table %s from %s', a.privilege, a.object, a.grantee
                    )
        end
    from live_grants as l
    full join archive_grants as a
        on
            l.live = a.live
            and l.privilege = a.privilege
            and l.grantee = a.grantee
            and l.is_grantable = a.is_grantable
    left join given as twin
        on
            twin.is_live
            and a.live = twin.live
            and a.privilege = twin.privilege
            and a.grantee = twin.grantee
            and a.is_grantable
    where l.live is null or a.live is null
    union all
    select
        'security',
        p.object,
        'Row level security of the archive is not that of the live table.',
        'alter table ' || p.object || ' ' || nullif(
            pg_catalog.concat_ws(
                ', ',
                case when p.live_rls and not p.arch_rls then 'enable row level security' end,
                case
                    when l.relforcerowsecurity and not a.relforcerowsecurity
                        then 'force row level security'
                end
            ),
            ''
        )
    from pairs as p
    inner join pg_catalog.pg_class as l on p.live = l.oid
    inner join pg_catalog.pg_class as a on p.arch = a.oid
    where
        (p.live_rls, l.relforcerowsecurity) <> (p.arch_rls, a.relforcerowsecurity)
)

select
    severity,
    object,
    finding,
    remedy
from differences
