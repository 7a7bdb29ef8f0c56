-- catalog: every fact of schemas public, audit and arami_db, a row (kind, object, property, value).
-- Why: two databases have the same schema exactly when this returns the same rows, whatever their
-- object ids, server version (15 to 18) or history. An attribute that is at its default and that a
-- reader need not see has a null value and no row: its absence is as much a fact.
--
-- It only reads catalogs every role may read. The caller runs it in a transaction, after
--     set local search_path = pg_catalog, pg_temp;
--     set local quote_all_identifiers = off;
--     set local standard_conforming_strings = on;
--     set local datestyle = 'ISO, YMD';
--     set local intervalstyle = 'postgres';
--     set local timezone = 'UTC';
--     set local extra_float_digits = 1;
--     set local bytea_output = 'hex';
--     set local lc_monetary = 'C';
--     set local jit = off;
-- because Postgres deparses expressions by these (jit, by contrast, only costs time). That search
-- path qualifies all an empty one would, and besides keeps temporary objects from shadowing.
--
-- What is stated relative to the platform, so that plain Postgres and Supabase agree:
--   owner      the owner of schema arami_db, who migrated; any other role by its name
--   public     PUBLIC; a grant to a superuser changes nothing and is not stated
--   schema public is the platform's: its owner, the database's and superusers count as the owner
--   extensions only those the migrations ask for; schema public and extensions are both "default"
--   default privileges and event triggers that Supabase brings along are not stated

-- The first arm of a union names the columns; a qualified collation is no column.
-- noqa: disable=AL03, RF01

with schemas as materialized (
    select
        n.oid,
        n.nspname::pg_catalog.text as nspname,
        n.nspowner,
        n.nspacl,
        pg_catalog.quote_ident(n.nspname::pg_catalog.text) as object
    from pg_catalog.pg_namespace as n
    where n.nspname in ('public', 'audit', 'arami_db')
),

database as materialized (
    select
        d.datdba,
        d.datacl,
        d.oid,
        pg_catalog.current_setting('server_version_num')::pg_catalog.int4 as version,
        (
            select s.nspowner
            from schemas as s
            where s.nspname = 'arami_db'
        ) as migrator,
        -- The stub says what it is; any other schema auth is a platform's.
        exists(
            select
            from pg_catalog.pg_namespace as n
            where
                n.nspname = 'auth'
                and coalesce(pg_catalog.obj_description(n.oid, 'pg_namespace'), '')
                <> 'Stand-in for Supabase auth, made by arami-db for plain Postgres.'
        ) as on_platform
    from pg_catalog.pg_database as d
    where d.datname = pg_catalog.current_database()
),

-- Role 0 is PUBLIC.
roles as materialized (
    select
        r.oid,
        case
            when r.oid = d.migrator then 'owner'
            when r.rolname = 'owner' then '"owner"'
            else r.rolname::pg_catalog.text
        end collate pg_catalog."C" as label,
        (r.rolsuper and coalesce(r.oid <> d.migrator, true)) as is_super,
        (
            r.rolsuper
            or coalesce(r.oid in (d.migrator, d.datdba), false)
            or r.rolname = 'pg_database_owner'
        ) as is_platform,
        (r.rolname ~ '^(supabase_.*|dashboard_user|pgbouncer)$') as is_supabase
    from pg_catalog.pg_roles as r
    cross join database as d
    union all
    select
        0::pg_catalog.oid,
        'public',
        false,
        false,
        false
),

members as materialized (
    select
        d.classid,
        d.objid
    from pg_catalog.pg_depend as d
    where d.deptype = 'e'
),

relations as materialized (
    select
        c.*,
        s.nspname,
        pg_catalog.format('%I.%I', s.nspname, c.relname) as object,
        case c.relkind
            when 'r' then 'table'
            when 'p' then 'table'
            when 'v' then 'view'
            when 'm' then 'materialized view'
            when 'f' then 'foreign table'
            when 'S' then 'sequence'
            when 'c' then 'type'
        end as kind
    from pg_catalog.pg_class as c
    inner join schemas as s on c.relnamespace = s.oid
    where
        c.relnamespace = any(array(select o.oid from schemas as o))
        and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S', 'c')
        and c.oid not in (
            select m.objid
            from members as m
            where m.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
        )
        -- A composite type of an extension is a member, and not the relation behind it.
        and c.reltype not in (
            select m.objid
            from members as m
            where m.classid = 'pg_catalog.pg_type'::pg_catalog.regclass
        )
),

columns as materialized (
    select
        a.*,
        r.kind as relation_kind,
        pg_catalog.format('%s.%I', r.object, a.attname) as object,
        pg_catalog.row_number() over (partition by a.attrelid order by a.attnum) as place
    from relations as r
    inner join pg_catalog.pg_attribute as a on r.oid = a.attrelid
    where
        a.attrelid = any(array(
            select o.oid from relations as o
            where o.relkind <> 'S'
        ))
        and a.attnum > 0
        and not a.attisdropped
),

indexes as materialized (
    select
        i.*,
        c.reloptions,
        c.reltablespace,
        c.relpersistence,
        c.relam,
        r.object as relation,
        pg_catalog.format('%I.%I', r.nspname, c.relname) as object
    from relations as r
    inner join pg_catalog.pg_index as i on r.oid = i.indrelid
    inner join pg_catalog.pg_class as c on i.indexrelid = c.oid
    where c.relnamespace = any(array(select o.oid from schemas as o))
),

types as materialized (
    select
        t.*,
        pg_catalog.format('%I.%I', s.nspname, t.typname) as object,
        c.relkind is not null as is_row
    from pg_catalog.pg_type as t
    inner join schemas as s on t.typnamespace = s.oid
    left join pg_catalog.pg_class as c on t.typrelid = c.oid and c.relkind <> 'c'
    where
        t.typnamespace = any(array(select o.oid from schemas as o))
        and t.oid not in (
            select m.objid
            from members as m
            where m.classid = 'pg_catalog.pg_type'::pg_catalog.regclass
        )
        -- The array and multirange types that come along with a type say nothing of their own.
        and not exists (
            select
            from pg_catalog.pg_type as e
            where e.typarray = t.oid
        )
        and not exists (
            select
            from pg_catalog.pg_range as g
            inner join pg_catalog.pg_type as e on g.rngtypid = e.oid
            where g.rngmultitypid = t.oid and e.typnamespace = t.typnamespace
        )
        and t.typrelid not in (
            select m.objid
            from members as m
            where m.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
        )
),

-- Constraints of our tables and domains, and foreign keys that reach in. Since PostgreSQL 18 a
-- NOT NULL is a constraint too: the column states it, this only what the column cannot.
constraints as materialized (
    select
        k.*,
        pg_catalog.format(
            '%s.%I',
            coalesce(r.object, t.object, k.conrelid::pg_catalog.regclass::pg_catalog.text),
            k.conname
        ) as object
    from pg_catalog.pg_constraint as k
    left join relations as r on k.conrelid = r.oid
    left join types as t on k.contypid = t.oid
    where
        r.oid is not null
        or t.oid is not null
        or (k.contype = 'f' and k.confrelid in (select f.oid from relations as f))
),

functions as materialized (
    select
        p.*,
        pg_catalog.format(
            '%I.%I(%s)', s.nspname, p.proname, pg_catalog.oidvectortypes(p.proargtypes)
        ) as object,
        case p.prokind
            when 'f' then 'function'
            when 'p' then 'procedure'
            when 'a' then 'aggregate'
            when 'w' then 'window function'
        end as kind
    from pg_catalog.pg_proc as p
    inner join schemas as s on p.pronamespace = s.oid
    where
        p.pronamespace = any(array(select o.oid from schemas as o))
        and p.oid not in (
            select m.objid
            from members as m
            where m.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
        )
),

-- Triggers on our tables, and triggers elsewhere that call our functions.
triggers as materialized (
    select
        t.*,
        pg_catalog.format(
            '%s.%I', coalesce(r.object, t.tgrelid::pg_catalog.regclass::pg_catalog.text), t.tgname
        ) as object
    from pg_catalog.pg_trigger as t
    inner join pg_catalog.pg_class as c on t.tgrelid = c.oid
    left join relations as r on t.tgrelid = r.oid
    left join functions as p on t.tgfoid = p.oid
    where
        not t.tgisinternal
        and (r.oid is not null or p.oid is not null)
        and c.relpersistence <> 't'
),

rules as materialized (
    select
        w.*,
        pg_catalog.format('%s.%I', r.object, w.rulename) as object
    from pg_catalog.pg_rewrite as w
    inner join relations as r on w.ev_class = r.oid
),

policies as materialized (
    select
        p.*,
        pg_catalog.format('%s.%I', r.object, p.polname) as object
    from pg_catalog.pg_policy as p
    inner join relations as r on p.polrelid = r.oid
),

statistic_objects as materialized (
    select
        x.*,
        pg_catalog.to_jsonb(x) ->> 'stxstattarget' as target,
        pg_catalog.format('%I.%I', n.nspname, x.stxname) as object
    from pg_catalog.pg_statistic_ext as x
    inner join pg_catalog.pg_namespace as n on x.stxnamespace = n.oid
    where
        x.stxrelid in (select r.oid from relations as r)
        or x.stxnamespace in (select s.oid from schemas as s)
),

event_triggers as materialized (
    select
        e.*,
        pg_catalog.quote_ident(e.evtname::pg_catalog.text) as object,
        pg_catalog.format('%I.%I()', n.nspname, p.proname) as calls
    from pg_catalog.pg_event_trigger as e
    inner join pg_catalog.pg_proc as p on e.evtfoid = p.oid
    inner join pg_catalog.pg_namespace as n on p.pronamespace = n.oid
    -- Supabase keeps the functions of its own in schema extensions.
    where
        not (n.nspname = 'extensions' and (select d.on_platform from database as d))
        and not exists (
            select
            from members as m
            where
                m.classid = 'pg_catalog.pg_event_trigger'::pg_catalog.regclass and m.objid = e.oid
        )
),

-- Publications that publish something of ours.
publications as materialized (
    select
        p.*,
        pg_catalog.quote_ident(p.pubname::pg_catalog.text) as object
    from pg_catalog.pg_publication as p
    where
        p.puballtables
        or exists (
            select
            from pg_catalog.pg_publication_rel as l
            inner join relations as r on l.prrelid = r.oid
            where l.prpubid = p.oid
        )
        or exists (
            select
            from pg_catalog.pg_publication_namespace as l
            inner join schemas as s on l.pnnspid = s.oid
            where l.pnpubid = p.oid
        )
),

-- Casts without a type or function of a schema that is somebody else's.
casts as materialized (
    select
        c.*,
        pg_catalog.format(
            '(%s as %s)',
            pg_catalog.format_type(c.castsource, null),
            pg_catalog.format_type(c.casttarget, null)
        ) as object
    from pg_catalog.pg_cast as c
    inner join pg_catalog.pg_type as a on c.castsource = a.oid
    inner join pg_catalog.pg_type as b on c.casttarget = b.oid
    inner join pg_catalog.pg_namespace as x on a.typnamespace = x.oid
    inner join pg_catalog.pg_namespace as y on b.typnamespace = y.oid
    where
        c.oid >= 16384
        and x.nspname in ('pg_catalog', 'public', 'audit', 'arami_db')
        and y.nspname in ('pg_catalog', 'public', 'audit', 'arami_db')
        and not exists (
            select
            from members as m
            where m.classid = 'pg_catalog.pg_cast'::pg_catalog.regclass and m.objid = c.oid
        )
),

operators as materialized (
    select
        o.*,
        pg_catalog.format(
            '%I.%s(%s,%s)',
            s.nspname,
            o.oprname,
            case when o.oprleft = 0 then 'none' else pg_catalog.format_type(o.oprleft, null) end,
            pg_catalog.format_type(o.oprright, null)
        ) as object
    from pg_catalog.pg_operator as o
    inner join schemas as s on o.oprnamespace = s.oid
    where
        o.oprnamespace = any(array(select n.oid from schemas as n))
        and o.oid not in (
            select m.objid
            from members as m
            where m.classid = 'pg_catalog.pg_operator'::pg_catalog.regclass
        )
),

-- Kinds this schema has none of: one line of description each, so that any is drift.
others as materialized (
    select
        'pg_catalog.pg_collation'::pg_catalog.regclass::pg_catalog.oid as classid,
        c.oid,
        'collation' as kind,
        c.collname as name,
        c.collnamespace as schema,
        c.collowner as owner,
        (
            pg_catalog.to_jsonb(c)
            - '{oid,collname,collnamespace,collowner,collversion}'::pg_catalog.text[]
        )::pg_catalog.text as definition
    from pg_catalog.pg_collation as c
    where c.collnamespace in (select s.oid from schemas as s)
    union all
    select
        'pg_catalog.pg_conversion'::pg_catalog.regclass,
        c.oid,
        'conversion',
        c.conname,
        c.connamespace,
        c.conowner,
        pg_catalog.format('%s to %s by %s', c.conforencoding, c.contoencoding, c.conproc)
    from pg_catalog.pg_conversion as c
    where c.connamespace in (select s.oid from schemas as s)
    union all
    select
        'pg_catalog.pg_opfamily'::pg_catalog.regclass,
        f.oid,
        'operator family',
        f.opfname,
        f.opfnamespace,
        f.opfowner,
        pg_catalog.concat_ws(
            '; ',
            (
                select a.amname
                from pg_catalog.pg_am as a
                where a.oid = f.opfmethod
            ),
            (
                select
                    pg_catalog.string_agg(
                        pg_catalog.format(
                            '%s %s', o.amopstrategy, o.amopopr::pg_catalog.regoperator
                        ),
                        ', '
                        order by o.amopstrategy, o.amopopr::pg_catalog.regoperator::pg_catalog.text
                    )
                from pg_catalog.pg_amop as o
                where o.amopfamily = f.oid
            ),
            (
                select
                    pg_catalog.string_agg(
                        pg_catalog.format(
                            '%s %s', o.amprocnum, o.amproc::pg_catalog.oid::pg_catalog.regprocedure
                        ),
                        ', '
                        order by
                            o.amprocnum,
                            o.amproc::pg_catalog.oid::pg_catalog.regprocedure::pg_catalog.text
                    )
                from pg_catalog.pg_amproc as o
                where o.amprocfamily = f.oid
            )
        )
    from pg_catalog.pg_opfamily as f
    where f.opfnamespace in (select s.oid from schemas as s)
    union all
    select
        'pg_catalog.pg_opclass'::pg_catalog.regclass,
        o.oid,
        'operator class',
        o.opcname,
        o.opcnamespace,
        o.opcowner,
        pg_catalog.format(
            'for %s, default %s, stores %s',
            pg_catalog.format_type(o.opcintype, null),
            o.opcdefault,
            pg_catalog.format_type(nullif(o.opckeytype, 0), null)
        )
    from pg_catalog.pg_opclass as o
    where o.opcnamespace in (select s.oid from schemas as s)
    union all
    select
        'pg_catalog.pg_ts_config'::pg_catalog.regclass,
        c.oid,
        'text search configuration',
        c.cfgname,
        c.cfgnamespace,
        c.cfgowner,
        pg_catalog.concat_ws(
            '; ',
            (
                select p.prsname
                from pg_catalog.pg_ts_parser as p
                where p.oid = c.cfgparser
            ),
            (
                select
                    pg_catalog.string_agg(
                        pg_catalog.format(
                            '%s %s', m.maptokentype, m.mapdict::pg_catalog.regdictionary
                        ),
                        ', ' order by m.maptokentype, m.mapseqno
                    )
                from pg_catalog.pg_ts_config_map as m
                where m.mapcfg = c.oid
            )
        )
    from pg_catalog.pg_ts_config as c
    where c.cfgnamespace in (select s.oid from schemas as s)
    union all
    select
        'pg_catalog.pg_ts_dict'::pg_catalog.regclass,
        d.oid,
        'text search dictionary',
        d.dictname,
        d.dictnamespace,
        d.dictowner,
        pg_catalog.concat_ws(
            '; ',
            (
                select t.tmplname
                from pg_catalog.pg_ts_template as t
                where t.oid = d.dicttemplate
            ),
            d.dictinitoption
        )
    from pg_catalog.pg_ts_dict as d
    where d.dictnamespace in (select s.oid from schemas as s)
    union all
    select
        'pg_catalog.pg_ts_parser'::pg_catalog.regclass,
        p.oid,
        'text search parser',
        p.prsname,
        p.prsnamespace,
        null,
        pg_catalog.concat_ws(', ', p.prsstart, p.prstoken, p.prsend, p.prsheadline, p.prslextype)
    from pg_catalog.pg_ts_parser as p
    where p.prsnamespace in (select s.oid from schemas as s)
    union all
    select
        'pg_catalog.pg_ts_template'::pg_catalog.regclass,
        t.oid,
        'text search template',
        t.tmplname,
        t.tmplnamespace,
        null,
        pg_catalog.concat_ws(', ', t.tmplinit, t.tmpllexize)
    from pg_catalog.pg_ts_template as t
    where t.tmplnamespace in (select s.oid from schemas as s)
),

-- What can be owned, granted, commented on or labelled.
objects as materialized (
    select
        'pg_catalog.pg_namespace'::pg_catalog.regclass::pg_catalog.oid as classid,
        s.oid as objid,
        0 as subid,
        'schema' as kind,
        s.object,
        s.nspowner as owner,
        s.nspacl as acl,
        pg_catalog.acldefault('n', s.nspowner) as usual_acl
    from schemas as s
    union all
    select
        'pg_catalog.pg_class'::pg_catalog.regclass,
        r.oid,
        0,
        r.kind,
        r.object,
        r.relowner,
        r.relacl,
        case
            when r.relkind = 'S' then pg_catalog.acldefault('s', r.relowner)
            else pg_catalog.acldefault('r', r.relowner)
        end
    from relations as r
    where r.relkind <> 'c'
    union all
    select
        'pg_catalog.pg_class'::pg_catalog.regclass,
        c.attrelid,
        c.attnum,
        'column',
        c.object,
        null,
        c.attacl,
        null
    from columns as c
    union all
    select
        'pg_catalog.pg_class'::pg_catalog.regclass,
        i.indexrelid,
        0,
        'index',
        i.object,
        null,
        null,
        null
    from indexes as i
    union all
    -- A row type is its table's: only what was granted on it differently is its own.
    select
        'pg_catalog.pg_type'::pg_catalog.regclass,
        t.oid,
        0,
        'type',
        t.object,
        case when not t.is_row then t.typowner end,
        case
            when
                not t.is_row
                or not (
                    t.typacl <@ pg_catalog.acldefault('T', t.typowner)
                    and t.typacl @> pg_catalog.acldefault('T', t.typowner)
                )
                then t.typacl
        end,
        case when not t.is_row then pg_catalog.acldefault('T', t.typowner) end
    from types as t
    union all
    select
        'pg_catalog.pg_proc'::pg_catalog.regclass,
        p.oid,
        0,
        p.kind,
        p.object,
        p.proowner,
        p.proacl,
        pg_catalog.acldefault('f', p.proowner)
    from functions as p
    union all
    select
        'pg_catalog.pg_constraint'::pg_catalog.regclass,
        k.oid,
        0,
        'constraint',
        k.object,
        null,
        null,
        null
    from constraints as k
    union all
    select
        'pg_catalog.pg_trigger'::pg_catalog.regclass,
        t.oid,
        0,
        'trigger',
        t.object,
        null,
        null,
        null
    from triggers as t
    union all
    select
        'pg_catalog.pg_rewrite'::pg_catalog.regclass,
        w.oid,
        0,
        'rule',
        w.object,
        null,
        null,
        null
    from rules as w
    union all
    select
        'pg_catalog.pg_policy'::pg_catalog.regclass,
        p.oid,
        0,
        'policy',
        p.object,
        null,
        null,
        null
    from policies as p
    union all
    select
        'pg_catalog.pg_statistic_ext'::pg_catalog.regclass,
        x.oid,
        0,
        'statistics',
        x.object,
        x.stxowner,
        null,
        null
    from statistic_objects as x
    union all
    select
        'pg_catalog.pg_event_trigger'::pg_catalog.regclass,
        e.oid,
        0,
        'event trigger',
        e.object,
        e.evtowner,
        null,
        null
    from event_triggers as e
    union all
    select
        'pg_catalog.pg_publication'::pg_catalog.regclass,
        p.oid,
        0,
        'publication',
        p.object,
        p.pubowner,
        null,
        null
    from publications as p
    union all
    select
        'pg_catalog.pg_cast'::pg_catalog.regclass,
        c.oid,
        0,
        'cast',
        c.object,
        null,
        null,
        null
    from casts as c
    union all
    select
        'pg_catalog.pg_operator'::pg_catalog.regclass,
        o.oid,
        0,
        'operator',
        o.object,
        o.oprowner,
        null,
        null
    from operators as o
    union all
    select
        o.classid,
        o.oid,
        0,
        o.kind,
        pg_catalog.format('%I.%I', s.nspname, o.name),
        o.owner,
        null,
        null
    from others as o
    inner join schemas as s on o.schema = s.oid
    where
        not exists (
            select
            from members as m
            where m.classid = o.classid and m.objid = o.oid
        )
    union all
    select
        'pg_catalog.pg_database'::pg_catalog.regclass,
        d.oid,
        0,
        'database',
        'database',
        d.datdba,
        d.datacl,
        pg_catalog.acldefault('d', d.datdba)
    from database as d
),

privileges as materialized (
    select
        o.kind,
        o.object,
        o.owner,
        x.grantee,
        g.label,
        pg_catalog.lower(x.privilege_type) as privilege,
        x.is_grantable,
        case
            when (o.kind = 'database' or o.object = 'public') and g.is_platform then 'owner'
            else g.label
        end as grantee_name,
        case
            when (o.kind = 'database' or o.object = 'public') and b.is_platform then 'owner'
            else b.label
        end as grantor_name,
        g.is_super,
        g.is_supabase,
        g.is_platform
    from objects as o
    cross join lateral pg_catalog.aclexplode(coalesce(o.acl, o.usual_acl)) as x
    left join roles as g on x.grantee = g.oid
    left join roles as b on x.grantor = b.oid
),

view_texts as materialized (
    select
        r.oid,
        r.object,
        r.kind,
        pg_catalog.pg_get_viewdef(r.oid) as definition
    from relations as r
    where r.relkind in ('v', 'm')
),

-- PostgreSQL 15 writes the name of the only relation before each of its columns, later ones do not.
lone_relations as materialized (
    select
        v.oid,
        pg_catalog.regexp_replace(
            v.definition,
            '.*\n +FROM (?:ONLY )?(?:[^\s(;]+\.)?([^\s.(;]+)(?:\([^)]*\))?(?: ([^\s(;]+))?.*',
            '\1 \2'
        ) as names
    from view_texts as v
    cross join database as d
    where
        d.version < 160000
        and v.definition !~ '\n *(\(*[A-Z ]*JOIN|UNION|EXCEPT|INTERSECT)|\( SELECT|^ WITH'
        and pg_catalog.regexp_replace(v.definition, '\([^()]*\)', '', 'g')
        ~ '\n +FROM [^\n,]*(\n|;)'
),

facts (kind, object, property, value) as (
    -- Owners, comments, labels, grants: of anything.
    select
        o.kind,
        o.object,
        'owner',
        case when o.object = 'public' and r.is_platform then 'owner' else r.label end
    from objects as o
    inner join roles as r on o.owner = r.oid
    where o.kind <> 'database'
    union all
    select
        o.kind,
        o.object,
        'comment',
        d.description
    from objects as o
    inner join pg_catalog.pg_description as d
        on o.classid = d.classoid and o.objid = d.objoid and o.subid = d.objsubid
    where d.objoid = any(array(select n.objid from objects as n))
    union all
    select
        o.kind,
        o.object,
        pg_catalog.concat('security label of ', l.provider),
        l.label
    from objects as o
    inner join pg_catalog.pg_seclabel as l
        on o.classid = l.classoid and o.objid = l.objoid and o.subid = l.objsubid
    union all
    select
        o.kind,
        o.object,
        'depends on extension',
        e.extname::pg_catalog.text
    from objects as o
    inner join pg_catalog.pg_depend as d
        on o.classid = d.classid and o.objid = d.objid and d.deptype = 'x'
    inner join pg_catalog.pg_extension as e on d.refobjid = e.oid
    union all
    select
        'grant',
        pg_catalog.concat_ws(' ', nullif(p.kind, 'database'), p.object),
        pg_catalog.concat_ws(' ', p.grantee_name, p.privilege),
        pg_catalog.concat(
            case when p.is_grantable then 'with grant option, ' end, 'granted by ', p.grantor_name
        )
    from privileges as p
    where
        (p.object = 'public' or not p.is_super)
        -- Only 17 and later know MAINTAIN, and there an owner has it.
        and not (p.privilege = 'maintain' and p.grantee = p.owner)
        and not (p.kind = 'database' and (p.is_platform or p.is_supabase))
        -- Supabase says for anon what PUBLIC has anyway.
        and not (
            p.kind = 'schema'
            and p.object = 'public'
            and p.label = 'anon'
            and p.privilege = 'usage'
            and not p.is_grantable
            and exists (
                select
                from privileges as everyone
                where
                    everyone.kind = 'schema'
                    and everyone.object = 'public'
                    and everyone.grantee = 0
                    and everyone.privilege = 'usage'
            )
        )
    union all
    select
        'grant',
        pg_catalog.concat_ws(' ', o.kind, o.object),
        'owner maintain',
        'revoked'
    from objects as o
    cross join lateral pg_catalog.aclexplode(o.usual_acl) as u
    where
        u.privilege_type = 'MAINTAIN'
        and o.acl is not null
        and not exists (
            select
            from pg_catalog.aclexplode(o.acl) as x
            where x.grantee = o.owner and x.privilege_type = 'MAINTAIN'
        )
    union all
    select
        'default privilege',
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
                else d.defaclobjtype::pg_catalog.text
            end
        ),
        pg_catalog.concat_ws(' ', g.label, pg_catalog.lower(x.privilege_type)),
        case when x.is_grantable then 'with grant option' else 'granted' end
    from pg_catalog.pg_default_acl as d
    cross join database as b
    cross join lateral pg_catalog.aclexplode(d.defaclacl) as x
    inner join roles as f on d.defaclrole = f.oid
    inner join roles as g on x.grantee = g.oid
    left join schemas as s on d.defaclnamespace = s.oid
    where
        (d.defaclnamespace = 0 or s.oid is not null)
        and x.grantee <> d.defaclrole
        and not g.is_super
        and not (b.on_platform and f.is_supabase)
        and not (
            d.defaclnamespace = 0
            and exists (
                select
                from
                    pg_catalog.aclexplode(
                        case
                            when d.defaclobjtype = 'S'
                                then pg_catalog.acldefault('s', d.defaclrole)
                            else pg_catalog.acldefault(d.defaclobjtype, d.defaclrole)
                        end
                    ) as u
                where
                    u.grantee = x.grantee
                    and u.privilege_type = x.privilege_type
                    and u.is_grantable = x.is_grantable
            )
        )
        -- Supabase gives its API roles everything; the migrations take it back table by table.
        and not (
            b.on_platform
            and f.is_platform
            and (g.is_platform or g.label in ('anon', 'authenticated', 'service_role'))
        )
    union all
    select
        'extension',
        w.name,
        'schema',
        case
            when n.nspname in ('public', 'extensions') then 'default'
            else n.nspname::pg_catalog.text
        end
    from (values ('pgcrypto'), ('uuid-ossp')) as w (name)
    inner join pg_catalog.pg_extension as e on w.name = e.extname
    inner join pg_catalog.pg_namespace as n on e.extnamespace = n.oid
    where w.name = 'pgcrypto' or n.nspname not in ('public', 'extensions')
    union all
    -- The list of what is available costs a directory's reading: only asked when it matters.
    select
        'extension',
        w.name,
        'installed where available',
        case
            when w.name in (select e.extname from pg_catalog.pg_extension as e) then 'true'
            when w.name in (select a.name from pg_catalog.pg_available_extensions as a) then 'false'
            else 'true'
        end
    from (values ('uuid-ossp')) as w (name)
    union all
    -- Relations.
    select
        r.kind,
        r.object,
        p.property,
        p.value
    from relations as r
    left join pg_catalog.pg_am as m on r.relam = m.oid
    left join pg_catalog.pg_tablespace as t on r.reltablespace = t.oid
    left join pg_catalog.pg_foreign_table as f on r.oid = f.ftrelid
    left join pg_catalog.pg_foreign_server as v on f.ftserver = v.oid
    inner join lateral (
        values
        (
            'persistence',
            case r.relpersistence
                when 'p' then 'permanent'
                when 'u' then 'unlogged'
                else 'temporary'
            end
        ),
        (
            'row level security',
            case
                when r.relkind in ('r', 'p')
                    then case when r.relrowsecurity then 'enabled' else 'disabled' end
            end
        ),
        ('row level security forced', case when r.relforcerowsecurity then 'true' end),
        (
            'replica identity',
            case
                when r.relkind in ('r', 'p')
                    then
                        case r.relreplident
                            when 'd' then 'default'
                            when 'n' then 'nothing'
                            when 'f' then 'full'
                            else 'index'
                        end
            end
        ),
        ('access method', m.amname::pg_catalog.text),
        ('tablespace', t.spcname::pg_catalog.text),
        (
            'of type',
            case when r.reloftype <> 0 then pg_catalog.format_type(r.reloftype, null) end
        ),
        (
            'partition key',
            case when r.relkind = 'p' then pg_catalog.pg_get_partkeydef(r.oid) end
        ),
        ('partition bound', pg_catalog.pg_get_expr(r.relpartbound, r.oid)),
        ('populated', case when r.relkind = 'm' then r.relispopulated::pg_catalog.text end),
        ('foreign server', v.srvname::pg_catalog.text),
        ('foreign options', pg_catalog.array_to_string(f.ftoptions, ', ')),
        ('composite', case when r.relkind = 'c' then 'true' end)
    ) as p (property, value) on true
    union all
    select
        r.kind,
        r.object,
        pg_catalog.concat(o.prefix, pg_catalog.split_part(x.setting, '=', 1)),
        pg_catalog.substr(x.setting, pg_catalog.strpos(x.setting, '=') + 1)
    from relations as r
    left join pg_catalog.pg_class as toast on r.reltoastrelid = toast.oid
    inner join lateral (
        values ('option ', r.reloptions), ('option toast.', toast.reloptions)
    ) as o (prefix, settings) on true
    cross join lateral pg_catalog.unnest(o.settings) as x (setting)
    union all
    select
        r.kind,
        r.object,
        pg_catalog.concat('inherits ', h.inhparent::pg_catalog.regclass),
        pg_catalog.concat(h.inhseqno, case when h.inhdetachpending then ', detaching' end)
    from pg_catalog.pg_inherits as h
    inner join relations as r on h.inhrelid = r.oid
    union all
    select
        r.kind,
        r.object,
        'child in another schema',
        h.inhrelid::pg_catalog.regclass::pg_catalog.text
    from pg_catalog.pg_inherits as h
    inner join relations as r on h.inhparent = r.oid
    inner join pg_catalog.pg_class as c on h.inhrelid = c.oid
    where c.relpersistence <> 't' and h.inhrelid not in (select k.oid from relations as k)
    union all
    select
        v.kind,
        v.object,
        'definition',
        case
            when l.names ~ '^[a-z_0-9$]+ [a-z_0-9$]*$'
                then
                    pg_catalog.regexp_replace(
                        v.definition,
                        pg_catalog.concat(
                            '\m',
                            coalesce(
                                nullif(pg_catalog.split_part(l.names, ' ', 2), ''),
                                pg_catalog.split_part(l.names, ' ', 1)
                            ),
                            '\.(?=[a-z_"])'
                        ),
                        '',
                        'g'
                    )
            else v.definition
        end
    from view_texts as v
    left join lone_relations as l on v.oid = l.oid
    union all
    -- Sequences: their parameters, never where they stand.
    select
        'sequence',
        r.object,
        p.property,
        p.value
    from relations as r
    inner join pg_catalog.pg_sequence as q on r.oid = q.seqrelid
    inner join lateral (
        values
        ('type', pg_catalog.format_type(q.seqtypid, null)),
        ('start', q.seqstart::pg_catalog.text),
        ('increment', q.seqincrement::pg_catalog.text),
        ('minimum', q.seqmin::pg_catalog.text),
        ('maximum', q.seqmax::pg_catalog.text),
        ('cache', q.seqcache::pg_catalog.text),
        ('cycle', q.seqcycle::pg_catalog.text),
        (
            'owned by',
            (
                select
                    pg_catalog.concat(
                        c.object, case when d.deptype = 'i' then ' (identity)' end
                    )
                from pg_catalog.pg_depend as d
                inner join columns as c on d.refobjid = c.attrelid and d.refobjsubid = c.attnum
                where
                    d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                    and d.objid = r.oid
                    and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
                    and d.deptype in ('a', 'i')
            )
        )
    ) as p (property, value) on true
    union all
    -- Columns. attmissingval and attndims are history: two equal tables may differ in them.
    select
        'column',
        c.object,
        p.property,
        p.value
    from columns as c
    inner join pg_catalog.pg_type as t on c.atttypid = t.oid
    left join pg_catalog.pg_attrdef as d on c.attrelid = d.adrelid and c.attnum = d.adnum
    left join pg_catalog.pg_collation as l
        on c.attcollation = l.oid and c.attcollation <> t.typcollation
    left join pg_catalog.pg_namespace as n on l.collnamespace = n.oid
    inner join lateral (
        values
        ('position', c.place::pg_catalog.text),
        ('type', pg_catalog.format_type(c.atttypid, c.atttypmod)),
        (
            'collation',
            case when l.oid is not null then pg_catalog.format('%I.%I', n.nspname, l.collname) end
        ),
        (
            case when c.attgenerated = '' then 'default' else 'generated' end,
            pg_catalog.pg_get_expr(d.adbin, d.adrelid)
        ),
        (
            'generated kind',
            case c.attgenerated when 's' then 'stored' when 'v' then 'virtual' end
        ),
        (
            'identity',
            case c.attidentity when 'a' then 'always' when 'd' then 'by default' end
        ),
        ('not null', case when c.attnotnull then 'true' end),
        (
            'storage',
            case
                when c.attstorage <> t.typstorage
                    then
                        case c.attstorage
                            when 'p' then 'plain'
                            when 'e' then 'external'
                            when 'x' then 'extended'
                            else 'main'
                        end
            end
        ),
        ('compression', nullif(c.attcompression::pg_catalog.text, '')),
        ('statistics target', nullif(c.attstattarget, -1)::pg_catalog.text),
        ('options', pg_catalog.array_to_string(c.attoptions, ', ')),
        ('foreign options', pg_catalog.array_to_string(c.attfdwoptions, ', ')),
        (
            'inherited',
            case
                when c.attinhcount > 0
                    then case when c.attislocal then 'and declared' else 'true' end
            end
        )
    ) as p (property, value) on true
    union all
    select
        'constraint',
        k.object,
        p.property,
        p.value
    from constraints as k
    inner join lateral (
        values
        ('definition', pg_catalog.pg_get_constraintdef(k.oid)),
        ('validated', k.convalidated::pg_catalog.text),
        ('deferrable', case when k.condeferrable then 'true' end),
        ('initially deferred', case when k.condeferred then 'true' end),
        (
            'enforced',
            case
                when k.contype in ('c', 'f')
                    then nullif(pg_catalog.to_jsonb(k) ->> 'conenforced', 'true')
            end
        ),
        ('no inherit', case when k.connoinherit and k.contype = 'c' then 'true' end),
        (
            'inherited',
            case
                when k.coninhcount > 0
                    then case when k.conislocal then 'and declared' else 'true' end
            end
        ),
        -- Foreign keys and deferrable keys are kept by triggers, which can be disabled.
        (
            'internal triggers',
            case when k.contype = 'f' or k.condeferrable then (
                select
                    case
                        when pg_catalog.bool_and(t.tgenabled = 'O')
                            then pg_catalog.format('%s enabled', pg_catalog.count(*))
                        else
                            pg_catalog.string_agg(
                                pg_catalog.format(
                                    '%s on %s: %s',
                                    f.proname,
                                    t.tgrelid::pg_catalog.regclass,
                                    case t.tgenabled
                                        when 'O' then 'enabled'
                                        when 'D' then 'disabled'
                                        when 'R' then 'replica'
                                        else 'always'
                                    end
                                ),
                                ', '
                                order by t.tgrelid::pg_catalog.regclass::pg_catalog.text, f.proname
                            )
                    end
                from pg_catalog.pg_trigger as t
                inner join pg_catalog.pg_proc as f on t.tgfoid = f.oid
                where t.tgconstraint = k.oid and t.tgisinternal
            ) end
        )
    ) as p (property, value) on true
    where k.contype not in ('n', 't')
    union all
    select
        'constraint',
        k.object,
        'not null',
        pg_catalog.concat_ws(
            ', ',
            a.attname,
            case when not k.convalidated then 'not valid' end,
            case when k.connoinherit then 'no inherit' end
        )
    from constraints as k
    inner join pg_catalog.pg_class as c on k.conrelid = c.oid
    inner join pg_catalog.pg_attribute as a on k.conrelid = a.attrelid and a.attnum = k.conkey[1]
    where
        k.contype = 'n'
        and (
            not k.convalidated
            or k.connoinherit
            or (
                k.conname <> pg_catalog.format('%s_%s_not_null', c.relname, a.attname)
                and pg_catalog.length(pg_catalog.format('%s_%s_not_null', c.relname, a.attname))
                < 64
            )
        )
    union all
    select
        'index',
        i.object,
        p.property,
        p.value
    from indexes as i
    left join pg_catalog.pg_tablespace as t on i.reltablespace = t.oid
    inner join lateral (
        values
        ('table', i.relation),
        ('definition', pg_catalog.pg_get_indexdef(i.indexrelid)),
        ('unique', i.indisunique::pg_catalog.text),
        ('primary', case when i.indisprimary then 'true' end),
        ('exclusion', case when i.indisexclusion then 'true' end),
        ('nulls not distinct', case when i.indnullsnotdistinct then 'true' end),
        ('deferrable', case when i.indisunique and not i.indimmediate then 'true' end),
        ('valid', i.indisvalid::pg_catalog.text),
        ('ready', i.indisready::pg_catalog.text),
        ('live', case when not i.indislive then 'false' end),
        ('clustered', case when i.indisclustered then 'true' end),
        ('replica identity', case when i.indisreplident then 'true' end),
        (
            'persistence',
            case when i.relpersistence <> 'p' then i.relpersistence::pg_catalog.text end
        ),
        ('tablespace', t.spcname::pg_catalog.text),
        (
            'options',
            (
                select pg_catalog.string_agg(x.setting, ', ' order by x.setting)
                from pg_catalog.unnest(i.reloptions) as x (setting)
            )
        ),
        (
            'statistics targets',
            (
                select
                    pg_catalog.string_agg(
                        pg_catalog.format('%s: %s', a.attnum, a.attstattarget), ', '
                        order by a.attnum
                    )
                from pg_catalog.pg_attribute as a
                where a.attrelid = i.indexrelid and a.attstattarget >= 0
            )
        )
    ) as p (property, value) on true
    union all
    select
        p.kind,
        p.object,
        x.property,
        x.value
    from functions as p
    inner join pg_catalog.pg_language as l on p.prolang = l.oid
    inner join lateral (
        values
        ('arguments', pg_catalog.pg_get_function_arguments(p.oid)),
        ('returns', pg_catalog.pg_get_function_result(p.oid)),
        ('language', l.lanname::pg_catalog.text),
        (
            'volatility',
            case p.provolatile
                when 'i' then 'immutable'
                when 's' then 'stable'
                else 'volatile'
            end
        ),
        ('strict', p.proisstrict::pg_catalog.text),
        ('security', case when p.prosecdef then 'definer' else 'invoker' end),
        ('leakproof', case when p.proleakproof then 'true' end),
        (
            'parallel',
            case p.proparallel when 's' then 'safe' when 'r' then 'restricted' else 'unsafe' end
        ),
        ('cost', p.procost::pg_catalog.text),
        ('rows', nullif(p.prorows, 0)::pg_catalog.text),
        (
            'support',
            nullif(p.prosupport::pg_catalog.oid, 0)::pg_catalog.regprocedure::pg_catalog.text
        ),
        (
            'transforms',
            (
                select pg_catalog.string_agg(pg_catalog.format_type(t.type, null), ', ')
                from pg_catalog.unnest(p.protrftypes) as t (type)
            )
        ),
        ('source', coalesce(pg_catalog.pg_get_function_sqlbody(p.oid), p.prosrc)),
        ('library', p.probin)
    ) as x (property, value) on true
    union all
    select
        p.kind,
        p.object,
        pg_catalog.concat('set ', pg_catalog.split_part(c.setting, '=', 1)),
        pg_catalog.substr(c.setting, pg_catalog.strpos(c.setting, '=') + 1)
    from functions as p
    cross join lateral pg_catalog.unnest(p.proconfig) as c (setting)
    union all
    select
        'aggregate',
        p.object,
        x.property,
        x.value
    from functions as p
    inner join pg_catalog.pg_aggregate as a on p.oid = a.aggfnoid
    inner join lateral (
        values
        ('state function', a.aggtransfn::pg_catalog.text),
        ('final function', a.aggfinalfn::pg_catalog.text),
        ('combine function', a.aggcombinefn::pg_catalog.text),
        ('serial function', a.aggserialfn::pg_catalog.text),
        ('deserial function', a.aggdeserialfn::pg_catalog.text),
        ('moving state function', a.aggmtransfn::pg_catalog.text),
        ('moving inverse function', a.aggminvtransfn::pg_catalog.text),
        ('moving final function', a.aggmfinalfn::pg_catalog.text),
        ('state type', pg_catalog.format_type(a.aggtranstype, null)),
        ('state size', a.aggtransspace::pg_catalog.text),
        ('initial value', a.agginitval),
        ('moving initial value', a.aggminitval),
        ('sort operator', a.aggsortop::pg_catalog.regoperator::pg_catalog.text),
        ('aggregate kind', a.aggkind::pg_catalog.text),
        ('final modifies', pg_catalog.concat(a.aggfinalmodify, a.aggfinalextra))
    ) as x (property, value) on true
    where p.prokind = 'a'
    union all
    select
        'trigger',
        t.object,
        p.property,
        p.value
    from triggers as t
    inner join lateral (
        values
        ('definition', pg_catalog.pg_get_triggerdef(t.oid)),
        (
            'enabled',
            case t.tgenabled
                when 'O' then 'origin'
                when 'D' then 'disabled'
                when 'R' then 'replica'
                else 'always'
            end
        ),
        ('inherited', case when t.tgparentid <> 0 then 'true' end)
    ) as p (property, value) on true
    union all
    select
        'rule',
        w.object,
        p.property,
        p.value
    from rules as w
    inner join lateral (
        values
        (
            'definition',
            case when w.rulename <> '_RETURN' then pg_catalog.pg_get_ruledef(w.oid) end
        ),
        (
            'enabled',
            case w.ev_enabled
                when 'O' then 'origin'
                when 'D' then 'disabled'
                when 'R' then 'replica'
                else 'always'
            end
        )
    ) as p (property, value) on true
    union all
    select
        'policy',
        p.object,
        x.property,
        x.value
    from policies as p
    inner join lateral (
        values
        ('permissive', p.polpermissive::pg_catalog.text),
        (
            'command',
            case p.polcmd
                when 'r' then 'select'
                when 'a' then 'insert'
                when 'w' then 'update'
                when 'd' then 'delete'
                else 'all'
            end
        ),
        (
            'roles',
            (
                select pg_catalog.string_agg(r.label, ', ' order by r.label)
                from roles as r
                where r.oid = any(p.polroles)
            )
        ),
        ('using', pg_catalog.pg_get_expr(p.polqual, p.polrelid)),
        ('with check', pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid))
    ) as x (property, value) on true
    union all
    select
        'statistics',
        x.object,
        p.property,
        p.value
    from statistic_objects as x
    inner join lateral (
        values
        ('definition', pg_catalog.pg_get_statisticsobjdef(x.oid)),
        ('target', nullif(x.target, '-1'))
    ) as p (property, value) on true
    union all
    -- Types: domains, enums, ranges and base types; composite ones have columns.
    select
        'type',
        t.object,
        p.property,
        p.value
    from types as t
    left join pg_catalog.pg_range as g on t.oid = g.rngtypid
    left join pg_catalog.pg_type as b on t.typbasetype = b.oid
    left join pg_catalog.pg_collation as l on t.typcollation = l.oid
    inner join lateral (
        values
        (
            'kind',
            case t.typtype
                when 'b' then 'base'
                when 'c' then 'composite'
                when 'd' then 'domain'
                when 'e' then 'enum'
                when 'p' then 'pseudo'
                when 'r' then 'range'
                else t.typtype::pg_catalog.text
            end
        ),
        (
            'base type',
            case
                when t.typtype = 'd' then pg_catalog.format_type(t.typbasetype, t.typtypmod)
            end
        ),
        ('default', t.typdefault),
        ('not null', case when t.typnotnull then 'true' end),
        (
            'collation',
            case
                when t.typcollation is distinct from b.typcollation then l.collname::pg_catalog.text
            end
        ),
        (
            'labels',
            (
                select
                    pg_catalog.string_agg(
                        pg_catalog.quote_literal(e.enumlabel), ', ' order by e.enumsortorder
                    )
                from pg_catalog.pg_enum as e
                where e.enumtypid = t.oid
            )
        ),
        ('subtype', pg_catalog.format_type(g.rngsubtype, null)),
        ('multirange', pg_catalog.format_type(g.rngmultitypid, null)),
        ('subtype difference', g.rngsubdiff::pg_catalog.text),
        ('canonical', g.rngcanonical::pg_catalog.text),
        (
            'subtype operator class',
            (
                select c.opcname::pg_catalog.text
                from pg_catalog.pg_opclass as c
                where c.oid = g.rngsubopc
            )
        ),
        ('input', case when t.typtype = 'b' then t.typinput::pg_catalog.text end),
        ('output', case when t.typtype = 'b' then t.typoutput::pg_catalog.text end),
        ('storage', case when t.typtype = 'b' then t.typstorage::pg_catalog.text end)
    ) as p (property, value) on true
    where not t.is_row
    union all
    select
        'cast',
        c.object,
        p.property,
        p.value
    from casts as c
    inner join lateral (
        values
        (
            'context',
            case c.castcontext
                when 'i' then 'implicit'
                when 'a' then 'assignment'
                else 'explicit'
            end
        ),
        ('method', c.castmethod::pg_catalog.text),
        ('function', nullif(c.castfunc, 0)::pg_catalog.regprocedure::pg_catalog.text)
    ) as p (property, value) on true
    union all
    select
        'operator',
        o.object,
        p.property,
        p.value
    from operators as o
    inner join lateral (
        values
        ('function', o.oprcode::pg_catalog.oid::pg_catalog.regprocedure::pg_catalog.text),
        ('result', pg_catalog.format_type(o.oprresult, null)),
        ('commutator', nullif(o.oprcom, 0)::pg_catalog.regoperator::pg_catalog.text),
        ('negator', nullif(o.oprnegate, 0)::pg_catalog.regoperator::pg_catalog.text),
        ('restriction', o.oprrest::pg_catalog.text),
        ('join', o.oprjoin::pg_catalog.text),
        ('merges', o.oprcanmerge::pg_catalog.text),
        ('hashes', o.oprcanhash::pg_catalog.text)
    ) as p (property, value) on true
    union all
    select
        o.kind,
        pg_catalog.format('%I.%I', s.nspname, o.name),
        'definition',
        o.definition
    from others as o
    inner join schemas as s on o.schema = s.oid
    inner join objects as b on o.classid = b.classid and o.oid = b.objid
    union all
    select
        'event trigger',
        e.object,
        p.property,
        p.value
    from event_triggers as e
    inner join lateral (
        values
        ('event', e.evtevent::pg_catalog.text),
        ('function', e.calls),
        ('tags', pg_catalog.array_to_string(e.evttags, ', ')),
        (
            'enabled',
            case e.evtenabled
                when 'O' then 'origin'
                when 'D' then 'disabled'
                when 'R' then 'replica'
                else 'always'
            end
        )
    ) as p (property, value) on true
    union all
    select
        'publication',
        p.object,
        x.property,
        x.value
    from publications as p
    inner join lateral (
        values
        (
            'operations',
            pg_catalog.concat_ws(
                ', ',
                case when p.pubinsert then 'insert' end,
                case when p.pubupdate then 'update' end,
                case when p.pubdelete then 'delete' end,
                case when p.pubtruncate then 'truncate' end
            )
        ),
        ('all tables', case when p.puballtables then 'true' end),
        ('via root', case when p.pubviaroot then 'true' end),
        (
            'generated columns',
            nullif(pg_catalog.to_jsonb(p) ->> 'pubgencols', 'n')
        )
    ) as x (property, value) on true
    union all
    select
        'publication',
        p.object,
        pg_catalog.concat('table ', r.object),
        pg_catalog.concat_ws(
            ' where ',
            coalesce(
                (
                    select pg_catalog.string_agg(c.attname::pg_catalog.text, ', ' order by c.place)
                    from columns as c
                    where c.attrelid = r.oid and c.attnum = any(l.prattrs)
                ),
                'all columns'
            ),
            pg_catalog.pg_get_expr(l.prqual, l.prrelid)
        )
    from publications as p
    inner join pg_catalog.pg_publication_rel as l on p.oid = l.prpubid
    inner join relations as r on l.prrelid = r.oid
    union all
    select
        'publication',
        p.object,
        pg_catalog.concat('schema ', s.object),
        'all tables'
    from publications as p
    inner join pg_catalog.pg_publication_namespace as l on p.oid = l.pnpubid
    inner join schemas as s on l.pnnspid = s.oid
)

select distinct
    f.kind::pg_catalog.text collate pg_catalog."C" as kind,
    f.object::pg_catalog.text collate pg_catalog."C" as object,
    f.property::pg_catalog.text collate pg_catalog."C" as property,
    f.value::pg_catalog.text collate pg_catalog."C" as value
from facts as f
where f.value is not null
order by 1, 2, 3, 4
