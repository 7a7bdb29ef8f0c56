-- What this role lacks to migrate: one statement a row, the reason, and the commands that need it.
-- "handled" is what `migrate` does itself, if this role may.
-- Why: otherwise the errors come one after another, each with a request to an administrator. Only
-- catalogs that every role may read are read, by oid: looking up a name needs rights on its schema.
-- If the ledger belongs to another role, only the right to read it is needed.
with me as (
    select
        r.oid,
        r.rolsuper,
        r.rolcreaterole,
        r.rolbypassrls,
        quote_ident(r.rolname) as name,
        quote_ident(session_user) as session_name,
        o.has_options,
        -- Postgres 16 added options of memberships, and lets a role create others with attributes
        -- that it has itself.
        case when o.has_options then ' with set true, inherit false' else '' end as to_become,
        case when o.has_options then 'set' else 'member' end as becoming,
        coalesce(pg_has_role(r.oid, ledger.relowner, 'usage'), true) as migrates
    from pg_catalog.pg_roles as r
    cross join
        lateral (
            values (current_setting('server_version_num')::integer >= 160000)
        ) as o (has_options)
    left join (
        select c.relowner
        from pg_catalog.pg_class as c
        inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
        where n.nspname = 'arami_db' and c.relname = 'migration'
    ) as ledger on true
    where r.rolname = current_user
),

wanted as (
    select
        w.name,
        w.attributes,
        w.place,
        r.oid,
        w.attributes ~ '\mnologin\M' as is_api,
        r.oid is null as is_missing
    from unnest(%(roles)s::text[], %(attributes)s::text[])
        with ordinality as w (name, attributes, place)
    left join pg_catalog.pg_roles as r on r.rolname = w.name
    -- Next to a platform's schema auth, the roles belong to the platform, unless files name them.
    where r.oid is not null or %(applies_stub)s or w.name = any(%(named)s::text[])
),

-- Whether this role may create all missing roles. If not, an administrator creates and grants all
-- of them at once, since only who creates a role may grant it.
maker as (
    select
        me.rolsuper or (
            me.rolcreaterole and (
                (me.has_options and me.rolbypassrls)
                or not exists (
                    select
                    from wanted as w
                    where w.is_missing and w.attributes ~ '\mbypassrls\M'
                )
            )
        ) as may
    from me
),

memberships as (
    select
        w.place,
        w.name as role,
        g.name as member,
        g.options,
        g.reason,
        g.commands,
        me.rolsuper
        or case
            when w.is_missing then maker.may
            else not me.has_options and me.rolcreaterole
        end
        or coalesce(pg_has_role(me.oid, w.oid, 'member with admin option'), false) as may
    from wanted as w
    cross join me
    cross join maker
    cross join
        lateral (
            select
                'authenticator' as name,
                -- Since Postgres 16 a grant fixes whether its member inherits.
                case
                    when me.has_options and exists (
                        select
                        from pg_catalog.pg_roles as r
                        where r.rolname = 'authenticator' and r.rolinherit
                    ) then ' with inherit false' else ''
                end as options,
                'Requests log in as authenticator and become these roles.' as reason,
                array['verify'] as commands,
                (
                    select coalesce(bool_or(pg_has_role(a.oid, w.oid, me.becoming)), false)
                    from wanted as a
                    where a.name = 'authenticator'
                ) as is_granted
            where exists (select from wanted as a where a.name = 'authenticator')
            union all
            select
                me.session_name,
                me.to_become,
                'verify --prove-rls tries what these roles may do: it becomes each of them.',
                array['verify --prove-rls'],
                coalesce(pg_has_role(session_user, w.oid, me.becoming), false)
            where not me.rolsuper
        ) as g
    where w.is_api and not g.is_granted
),

extensions as (
    select
        a.name,
        v.superuser and not v.trusted as is_for_superusers
    from pg_catalog.pg_available_extensions as a
    inner join pg_catalog.pg_available_extension_versions as v
        on v.name = a.name and v.version = a.default_version
    where a.name = any(%(extensions)s::text[]) and a.installed_version is null
),

schema_public as (
    select
        n.oid,
        n.nspowner,
        n.nspacl
    from pg_catalog.pg_namespace as n
    where n.nspname = 'public'
),

schema_auth as (
    select n.oid
    from pg_catalog.pg_namespace as n
    where n.nspname = 'auth'
),

needs (place, statement, reason, commands, handled) as (
    select
        100 + w.place,
        format('create role %%I %%s', w.name, w.attributes),
        'Grants and policies name these roles, and the API acts as them.',
        array['migrate'],
        maker.may and %(applies_stub)s
    from wanted as w
    cross join maker
    where w.is_missing
    union all
    select
        200 + m.place + case m.member when 'authenticator' then 0 else 50 end,
        format('grant %%I to %%s%%s', m.role, m.member, m.options),
        m.reason,
        m.commands,
        m.may and %(applies_stub)s
    from memberships as m
    union all
    select
        300,
        format('grant create on database %%I to %%s', current_database(), me.name),
        'The files make schemas and extensions.',
        array['migrate', 'baseline'],
        false
    from me
    where
        not has_database_privilege(current_database(), 'create')
        and (
            exists (
                select from unnest(%(schemas)s::text[]) as s (name)
                where s.name not in (select n.nspname from pg_catalog.pg_namespace as n)
            )
            or exists (select from extensions as x where not x.is_for_superusers)
        )
    union all
    select
        310,
        x.statement,
        'Only a superuser may create these extensions on this server.',
        array['migrate'],
        false
    from (
        select 'create schema if not exists extensions'
        union all
        select format('create extension if not exists %%I schema extensions', e.name)
        from extensions as e
        where e.is_for_superusers
    ) as x (statement)
    cross join me
    where not me.rolsuper and exists (select from extensions as e where e.is_for_superusers)
    union all
    select
        320,
        format('create schema if not exists public authorization %%s', me.name),
        'There is no schema public, and tables belong there.',
        array['migrate'],
        false
    from me
    where %(in_public)s and not exists (select from schema_public)
    union all
    select
        321,
        p.statement,
        'verify expects of schema public what each new database has.',
        array['verify'],
        false
    from (
        values
        ('grant usage on schema public to public'),
        ('comment on schema public is ''standard public schema''')
    ) as p (statement)
    where %(in_public)s and not exists (select from schema_public)
    union all
    select
        330,
        format('grant create on schema public to %%s', me.name),
        'Tables, views and functions are made in schema public.',
        array['migrate'],
        false
    from schema_public as p
    cross join me
    where
        %(in_public)s
        and not (me.rolsuper or pg_has_role(p.nspowner, 'usage'))
        -- The rights of PUBLIC are revoked below.
        and not exists (
            select
            from aclexplode(p.nspacl) as entry
            where
                entry.privilege_type = 'CREATE'
                and entry.grantee <> 0
                and pg_has_role(entry.grantee, 'usage')
        )
    union all
    select
        340,
        format('grant usage on schema public to %%s with grant option', me.name),
        'The files open schema public to the API roles; without the option that is a warning.',
        case
            when has_schema_privilege(p.oid, 'usage') then array['verify'] else array['migrate']
        end,
        false
    from schema_public as p
    cross join me
    where
        (%(in_public)s and not has_schema_privilege(p.oid, 'usage'))
        or (
            not has_schema_privilege(p.oid, 'usage with grant option')
            -- On a platform they may have it already; then the files' GRANT changes nothing.
            and exists (
                select
                from unnest(%(guests)s::text[]) as g (name)
                left join pg_catalog.pg_roles as r on r.rolname = g.name
                where not exists (
                    select
                    from aclexplode(p.nspacl) as entry
                    where entry.grantee = r.oid and entry.privilege_type = 'USAGE'
                )
            )
        )
    union all
    select
        350,
        'revoke create on schema public from public',
        'Since Postgres 15 not everybody may make things in schema public.',
        array['verify'],
        false
    from schema_public as p
    where
        exists (
            select
            from aclexplode(p.nspacl) as entry
            where entry.grantee = 0 and entry.privilege_type = 'CREATE'
        )
    union all
    select
        360,
        format('grant %%s on %%s to public', g.privilege, g.object),
        'verify expects that everybody may what Postgres lets everybody do at first.',
        array['verify'],
        false
    from (
        select
            'usage',
            'schema public',
            p.nspacl
        from schema_public as p
        union all
        select
            x.privilege,
            format('database %%I', d.datname),
            d.datacl
        from pg_catalog.pg_database as d
        cross join (values ('connect'), ('temporary')) as x (privilege)
        where d.datname = current_database()
    ) as g (privilege, object, acl)
    where
        g.acl is not null
        and not exists (
            select
            from aclexplode(g.acl) as entry
            where entry.grantee = 0 and lower(entry.privilege_type) = g.privilege
        )
    union all
    select
        400,
        format('grant usage on schema auth to %%s', me.name),
        'Policies call auth.uid(), and what they name must be found.',
        array['migrate'],
        false
    from schema_auth as a
    cross join me
    where %(on_auth)s and not has_schema_privilege(a.oid, 'usage')
    union all
    select
        405,
        format('grant usage on schema auth to %%I', w.name),
        'Users'' own queries call auth.uid(), too.',
        array['verify'],
        false
    from schema_auth as a
    inner join wanted as w on w.name = any(%(guests)s::text[])
    where
        %(on_auth)s
        and not coalesce(
            has_schema_privilege(w.oid, a.oid, 'usage'),
            has_schema_privilege('public', a.oid, 'usage')
        )
    union all
    select
        410,
        format('grant execute on function auth.uid() to %%s', me.name),
        'The change log asks who is signed in, with the rights of its owner.',
        array['migrate'],
        false
    from schema_auth as a
    inner join pg_catalog.pg_proc as p
        on p.pronamespace = a.oid and p.proname = 'uid' and p.pronargs = 0
    cross join me
    where %(on_auth)s and not has_function_privilege(p.oid, 'execute')
    union all
    select
        420,
        format('grant %%s on table auth.users to %%s', u.privilege, me.name),
        'The files follow the accounts in auth.users.',
        array['migrate'],
        false
    from schema_auth as a
    inner join pg_catalog.pg_class as c on c.relnamespace = a.oid and c.relname = 'users'
    cross join unnest(%(on_accounts)s::text[]) as u (privilege)
    cross join me
    where not has_table_privilege(c.oid, u.privilege)
    union all
    select
        430,
        format('alter role %%s bypassrls', me.name),
        'Row level security of auth.users hides accounts from the files.',
        array['migrate'],
        false
    from schema_auth as a
    inner join pg_catalog.pg_class as c on c.relnamespace = a.oid and c.relname = 'users'
    cross join me
    where
        %(on_accounts)s::text[] && array['select', 'update', 'delete']
        and row_security_active(c.oid)
    union all
    select
        440,
        format('alter %%s connection limit 3', l.object),
        'They take up to three connections at a time.',
        -- For a few files without interruptions, two are enough.
        array['archive'] || case
            when l.most < 2 then array['migrate', 'baseline', 'seed'] else '{}'
        end,
        false
    from (
        select
            'role ' || quote_ident(r.rolname),
            r.rolconnlimit
        from pg_catalog.pg_roles as r
        where r.rolname = session_user and not r.rolsuper
        union all
        select
            format('database %%I', d.datname),
            d.datconnlimit
        from pg_catalog.pg_database as d
        where d.datname = current_database() and not (select me.rolsuper from me)
    ) as l (object, most)
    where l.most between 0 and 2
    union all
    select
        500 + s.place,
        s.statement,
        'status and verify read the ledger.',
        array['status', 'verify'],
        false
    from me
    cross join pg_catalog.pg_namespace as n
    cross join
        lateral (
            values
            (
                1,
                format('grant usage on schema arami_db to %%s', me.name),
                has_schema_privilege(n.oid, 'usage')
            ),
            (
                2,
                format('grant select on all tables in schema arami_db to %%s', me.name),
                (
                    select coalesce(bool_and(has_table_privilege(c.oid, 'select')), true)
                    from pg_catalog.pg_class as c
                    where c.relnamespace = n.oid and c.relname in ('migration', 'event')
                )
            )
        ) as s (place, statement, is_granted)
    where n.nspname = 'arami_db' and not s.is_granted
)

select
    n.statement,
    n.reason,
    n.commands,
    n.handled
from needs as n
cross join me
where me.migrates or n.place >= 500
order by n.place
