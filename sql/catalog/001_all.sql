-- catalog: every fact of schemas public, audit and arami_db, a row (kind, object, property, value).
-- Why: two databases have the same schema exactly when this returns the same rows, whatever their
-- object ids, server version (15 to 18) or history. An attribute that is at its default and that a
-- reader need not see has a null value and no row: its absence is as much a fact. So have the
-- privileges an owner has anyway; one that was revoked has a row.
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
--   owner      the owner of most of our relations, who migrated; any other role by its name
--   Supabase   where schema auth is somebody else's
--   public     PUBLIC; a grant to a superuser changes nothing and is not stated
--   schema public is the platform's: its owner, the database's and superusers count as the owner
--   extensions only those the migrations ask for; schema public and extensions are both "default"
--   default privileges and event triggers that Supabase brings along are not stated

-- The first arm of a union names the columns; a qualified collation is no column.
-- noqa: disable=AL03, RF01

with schemas as materialized (
    select
        n.oid,
        n.nspowner,
        n.nspacl,
        pg_catalog.quote_ident(n.nspname::pg_catalog.text) as object
    from pg_catalog.pg_namespace as n
    where n.nspname in ('public', 'audit', 'arami_db')
),

-- What an extension has to do with: its members (e), and what would be dropped with it (x).
extended as materialized (
    select
        d.classid,
        d.objid,
        d.refobjid,
        d.deptype
    from pg_catalog.pg_depend as d
    where
        d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
        and d.deptype in ('e', 'x')
),

members as materialized (
    select
        d.classid,
        d.objid
    from extended as d
    where d.deptype = 'e'
),

-- Tables, views, sequences, composite types and indexes.
relations as materialized (
    select
        c.oid,
        c.relname,
        c.relowner,
        c.relacl,
        c.reloptions,
        c.relkind,
        c.relam,
        c.relpersistence,
        c.relrowsecurity,
        c.relforcerowsecurity,
        c.relreplident,
        c.reloftype,
        c.relpartbound,
        c.relispopulated,
        c.reltoastrelid,
        c.oid::pg_catalog.regclass::pg_catalog.text as object,
        case c.relkind
            when 'r' then 'table'
            when 'p' then 'table'
            when 'v' then 'view'
            when 'm' then 'materialized view'
            when 'f' then 'foreign table'
            when 'S' then 'sequence'
            when 'c' then 'type'
            else 'index'
        end as kind
    from pg_catalog.pg_class as c
    where
        c.relnamespace = any(array(select s.oid from schemas as s))
        and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S', 'c', 'i', 'I')
        and c.oid not in (
            select m.objid
            from members as m
            where m.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
        )
        -- A composite type of an extension is a member, and not the relation behind it.
        and not (
            c.relkind = 'c'
            and c.reltype in (
                select m.objid
                from members as m
                where m.classid = 'pg_catalog.pg_type'::pg_catalog.regclass
            )
        )
),

-- Whoever owns most: one object in other hands must not look like all the rest being so.
migrators as (
    select pg_catalog.mode() within group (order by r.relowner) as migrator
    from relations as r
),

platform as materialized (
    select
        d.oid,
        d.datdba,
        d.datacl,
        m.migrator,
        pg_catalog.current_setting('server_version_num')::pg_catalog.int4 as version,
        exists(
            select
            from pg_catalog.pg_namespace as n
            where n.nspname = 'auth' and n.nspowner is distinct from m.migrator
        ) as is_supabase
    from pg_catalog.pg_database as d
    cross join migrators as m
    where d.datname = pg_catalog.current_database()
),

-- Role 0 is PUBLIC.
roles as materialized (
    select
        r.oid,
        case
            when r.oid = d.migrator then 'owner'
            when r.rolname = 'owner' then '"owner"'
            else pg_catalog.quote_ident(r.rolname)
        end collate pg_catalog."C" as label,
        (r.rolsuper and coalesce(r.oid <> d.migrator, true)) as is_super,
        (
            r.rolsuper
            or coalesce(r.oid in (d.migrator, d.datdba), false)
            or r.rolname = 'pg_database_owner'
        ) as is_platform,
        d.is_supabase and r.rolname ~ '^(supabase_.*|dashboard_user|pgbouncer)$' as is_supabase
    from pg_catalog.pg_roles as r
    cross join platform as d
    union all
    select
        0::pg_catalog.oid,
        'public',
        false,
        false,
        false
),

functions as materialized (
    select
        p.*,
        pg_catalog.format(
            '%s.%I(%s)',
            p.pronamespace::pg_catalog.regnamespace,
            p.proname,
            pg_catalog.oidvectortypes(p.proargtypes)
        ) as object,
        case p.prokind
            when 'f' then 'function'
            when 'p' then 'procedure'
            when 'a' then 'aggregate'
            when 'w' then 'window function'
        end as kind
    from pg_catalog.pg_proc as p
    where
        -- pg_proc has no index by schema, and thousands of rows.
        p.oid = any(array(
            select d.objid
            from pg_catalog.pg_depend as d
            where
                d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass
                and d.refobjid in (select s.oid from schemas as s)
                and d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
        ))
        and p.oid not in (
            select m.objid
            from members as m
            where m.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
        )
),

-- All that has facts, one arm a kind: whose it is, who may use it, the names of its properties and
-- what they are, and settings that carry their own names. What few have comes last, and is left
-- off where there is none: unnesting what is null costs, too.
objects (
    classid, objid, subid, kind, object, owner, acl, usual_acl, settings, names, properties
) as materialized (
    select
        'pg_catalog.pg_namespace'::pg_catalog.regclass,
        s.oid,
        0,
        'schema',
        s.object,
        s.nspowner,
        s.nspacl,
        pg_catalog.acldefault('n', s.nspowner),
        null::pg_catalog.text[],
        null::pg_catalog.text[],
        null::pg_catalog.text[]
    from schemas as s
    union all
    select
        'pg_catalog.pg_database'::pg_catalog.regclass,
        d.oid,
        0,
        'database',
        'database',
        null,
        d.datacl,
        pg_catalog.acldefault('d', d.datdba),
        null,
        null,
        null
    from platform as d
    union all
    select
        'pg_catalog.pg_class'::pg_catalog.regclass,
        r.oid,
        0,
        r.kind,
        r.object,
        case when r.kind not in ('index', 'type') then r.relowner end,
        r.relacl,
        case
            when r.kind = 'sequence' then pg_catalog.acldefault('s', r.relowner)
            when r.kind not in ('index', 'type') then pg_catalog.acldefault('r', r.relowner)
        end,
        r.reloptions,
        '{
            persistence, row level security, force row level security, replica identity, of type,
            partition key, partition bound, composite, populated, columns, owned by
        }',
        array[
            case r.relpersistence when 'u' then 'unlogged' when 't' then 'temporary' end,
            case
                when r.kind = 'table'
                    then case when r.relrowsecurity then 'enabled' else 'disabled' end
            end,
            case when r.relforcerowsecurity then 'true' end,
            case
                when r.kind = 'table'
                    then
                        case r.relreplident
                            when 'n' then 'nothing'
                            when 'f' then 'full'
                            when 'i' then 'index'
                        end
            end,
            case when r.reloftype <> 0 then pg_catalog.format_type(r.reloftype, null) end,
            case when r.relkind = 'p' then pg_catalog.pg_get_partkeydef(r.oid) end,
            pg_catalog.pg_get_expr(r.relpartbound, r.oid),
            case when r.kind = 'type' then 'true' end,
            case when r.kind = 'materialized view' then r.relispopulated::pg_catalog.text end,
            -- In order, without the gaps that dropped ones left.
            case
                when r.kind in ('table', 'foreign table', 'type')
                    then
                        pg_catalog.array_to_string(
                            array(
                                select pg_catalog.quote_ident(a.attname)
                                from pg_catalog.pg_attribute as a
                                where a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
                                order by a.attnum
                            ),
                            ', '
                        )
            end,
            -- Of a sequence that is not an identity column's.
            case
                when r.kind = 'sequence'
                    then (
                        select
                            (
                                pg_catalog.pg_identify_object(
                                    d.refclassid, d.refobjid, d.refobjsubid
                                )
                            ).identity
                        from pg_catalog.pg_depend as d
                        where
                            d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                            and d.objid = r.oid
                            and d.refobjsubid > 0
                            and d.deptype = 'a'
                    )
            end
        ]
    from relations as r
    where r.kind <> 'index'
    union all
    select
        'pg_catalog.pg_class'::pg_catalog.regclass,
        r.oid,
        0,
        'index',
        r.object,
        null,
        null,
        null,
        r.reloptions,
        '{
            definition, unique, primary, nulls not distinct, valid, ready, live, clustered,
            replica identity
        }',
        array[
            -- A primary key is defined by its constraint.
            case when not i.indisprimary then pg_catalog.pg_get_indexdef(r.oid) end,
            case when i.indisunique and not i.indisprimary then 'true' end,
            case when i.indisprimary then 'true' end
        ] || case
            when
                i.indnullsnotdistinct
                or not (i.indisvalid and i.indisready and i.indislive)
                or i.indisclustered
                or i.indisreplident
                then array[
                    case when i.indnullsnotdistinct then 'true' end,
                    case when not i.indisvalid then 'false' end,
                    case when not i.indisready then 'false' end,
                    case when not i.indislive then 'false' end,
                    case when i.indisclustered then 'true' end,
                    case when i.indisreplident then 'true' end
                ]
        end
    from relations as r
    inner join pg_catalog.pg_index as i on r.oid = i.indexrelid
    where
        i.indrelid not in (
            select m.objid
            from members as m
            where m.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
        )
    union all
    -- Sequences: their parameters, never where they stand.
    select
        'pg_catalog.pg_sequence'::pg_catalog.regclass,
        q.seqrelid,
        0,
        'sequence',
        r.object,
        null,
        null,
        null,
        null,
        '{type, start, increment, minimum, maximum, cache, cycle}',
        array[
            nullif(pg_catalog.format_type(q.seqtypid, null), 'bigint'),
            nullif(q.seqstart, 1)::pg_catalog.text,
            nullif(q.seqincrement, 1)::pg_catalog.text,
            nullif(q.seqmin, 1)::pg_catalog.text,
            nullif(q.seqmax, 9223372036854775807)::pg_catalog.text,
            nullif(q.seqcache, 1)::pg_catalog.text,
            case when q.seqcycle then 'true' end
        ]
    from pg_catalog.pg_sequence as q
    inner join relations as r on q.seqrelid = r.oid
    union all
    -- attmissingval and attndims are history: two equal tables may differ in them. System columns
    -- and those of sequences only matter when somebody was granted them.
    select
        'pg_catalog.pg_class'::pg_catalog.regclass,
        a.attrelid,
        a.attnum::pg_catalog.int4,
        'column',
        pg_catalog.format('%s.%I', r.object, a.attname),
        null,
        a.attacl,
        null,
        a.attoptions,
        '{
            type, default, not null, collation, generated, generated kind, identity, storage,
            compression, statistics target, foreign options, inherited
        }',
        -- Few columns have more than the first three.
        case when a.attnum > 0 and r.kind <> 'sequence' then array[
            pg_catalog.format_type(a.atttypid, a.atttypmod),
            case when a.attgenerated = '' then pg_catalog.pg_get_expr(d.adbin, d.adrelid) end,
            case when a.attnotnull then 'true' end
        ] || case
            when
                a.attcollation <> t.typcollation
                or a.attstorage <> t.typstorage
                or a.attgenerated <> ''
                or a.attidentity <> ''
                or a.attcompression <> ''
                or a.attstattarget >= 0
                or a.attfdwoptions is not null
                or a.attinhcount > 0
                then array[
                    case
                        when a.attcollation <> t.typcollation
                            then a.attcollation::pg_catalog.regcollation::pg_catalog.text
                    end,
                    case
                        when a.attgenerated <> '' then pg_catalog.pg_get_expr(d.adbin, d.adrelid)
                    end,
                    case a.attgenerated when 's' then 'stored' when 'v' then 'virtual' end,
                    case a.attidentity when 'a' then 'always' when 'd' then 'by default' end,
                    case
                        when a.attstorage <> t.typstorage
                            then
                                case a.attstorage
                                    when 'p' then 'plain'
                                    when 'e' then 'external'
                                    when 'x' then 'extended'
                                    else 'main'
                                end
                    end,
                    nullif(a.attcompression::pg_catalog.text, ''),
                    nullif(a.attstattarget, -1)::pg_catalog.text,
                    pg_catalog.array_to_string(a.attfdwoptions, ', '),
                    case
                        when a.attinhcount > 0
                            then case when a.attislocal then 'and declared' else 'true' end
                    end
                ]
        end end
    from relations as r
    inner join pg_catalog.pg_attribute as a on r.oid = a.attrelid
    inner join pg_catalog.pg_type as t on a.atttypid = t.oid
    left join pg_catalog.pg_attrdef as d on a.attrelid = d.adrelid and a.attnum = d.adnum
    where
        ((a.attnum > 0 and r.kind <> 'sequence') or a.attacl is not null)
        and a.attrelid = any(array(
            select o.oid
            from relations as o
            where o.kind <> 'index'
        ))
        and not a.attisdropped
    union all
    -- Constraints of our tables, and foreign keys that reach in and would block a deletion here.
    select
        'pg_catalog.pg_constraint'::pg_catalog.regclass,
        k.oid,
        0,
        'constraint',
        pg_catalog.format(
            '%s.%I', coalesce(r.object, k.conrelid::pg_catalog.regclass::pg_catalog.text), k.conname
        ),
        null,
        null,
        null,
        null,
        '{definition, validated, inherited}',
        case when k.contype <> 't' then array[
            pg_catalog.pg_get_constraintdef(k.oid),
            case when not k.convalidated then 'false' end,
            case
                when k.coninhcount > 0
                    then case when k.conislocal then 'and declared' else 'true' end
            end
        ] end
    from pg_catalog.pg_constraint as k
    left join relations as r on k.conrelid = r.oid
    where
        k.contype <> 'n'
        and (
            r.oid is not null
            or (
                k.contype = 'f'
                and k.confdeltype in ('a', 'r')
                and k.confrelid in (select f.oid from relations as f)
            )
        )
    union all
    -- Since PostgreSQL 18 a NOT NULL is a constraint too: the column states it, this only what the
    -- column cannot.
    select
        'pg_catalog.pg_constraint'::pg_catalog.regclass,
        k.oid,
        0,
        'constraint',
        pg_catalog.format('%s.%I', r.object, k.conname),
        null,
        null,
        null,
        null,
        '{not null}',
        case
            when
                not k.convalidated
                or k.connoinherit
                or (
                    k.conname <> pg_catalog.format('%s_%s_not_null', r.relname, a.attname)
                    and pg_catalog.length(
                        pg_catalog.format('%s_%s_not_null', r.relname, a.attname)
                    ) < 64
                )
                then array[
                    pg_catalog.concat_ws(
                        ', ',
                        a.attname,
                        case when not k.convalidated then 'not valid' end,
                        case when k.connoinherit then 'no inherit' end
                    )
                ]
        end
    from pg_catalog.pg_constraint as k
    inner join relations as r on k.conrelid = r.oid
    inner join pg_catalog.pg_attribute as a on r.oid = a.attrelid and k.conkey[1] = a.attnum
    where k.contype = 'n'
    union all
    select
        'pg_catalog.pg_proc'::pg_catalog.regclass,
        p.oid,
        0,
        p.kind,
        p.object,
        p.proowner,
        p.proacl,
        pg_catalog.acldefault('f', p.proowner),
        p.proconfig,
        '{
            arguments, returns, language, volatility, strict, security, leakproof, parallel, cost,
            rows, support, transforms, source, library
        }',
        array[
            pg_catalog.pg_get_function_arguments(p.oid),
            pg_catalog.pg_get_function_result(p.oid),
            l.lanname::pg_catalog.text,
            case p.provolatile
                when 'i' then 'immutable'
                when 's' then 'stable'
                else 'volatile'
            end,
            case when p.proisstrict then 'true' end,
            case when p.prosecdef then 'definer' else 'invoker' end,
            case when p.proleakproof then 'true' end,
            case p.proparallel when 's' then 'safe' when 'r' then 'restricted' end,
            nullif(p.procost, 100)::pg_catalog.text,
            nullif(p.prorows, 0)::pg_catalog.text,
            nullif(p.prosupport::pg_catalog.oid, 0)::pg_catalog.regprocedure::pg_catalog.text,
            pg_catalog.array_to_string(p.protrftypes::pg_catalog.regtype[], ', '),
            coalesce(pg_catalog.pg_get_function_sqlbody(p.oid), p.prosrc),
            p.probin
        ]
    from functions as p
    inner join pg_catalog.pg_language as l on p.prolang = l.oid
    union all
    -- Triggers on our tables.
    select
        'pg_catalog.pg_trigger'::pg_catalog.regclass,
        t.oid,
        0,
        'trigger',
        pg_catalog.format('%s.%I', t.tgrelid::pg_catalog.regclass, t.tgname),
        null,
        null,
        null,
        null,
        '{definition, enabled, inherited, internal}',
        array[
            pg_catalog.pg_get_triggerdef(t.oid),
            case t.tgenabled
                when 'D' then 'disabled'
                when 'R' then 'replica'
                when 'A' then 'always'
            end,
            case when t.tgparentid <> 0 then 'true' end,
            case when t.tgisinternal then 'true' end
        ]
    from pg_catalog.pg_trigger as t
    where
        (not t.tgisinternal or t.tgconstraint = 0)
        and t.tgrelid in (select r.oid from relations as r)
    union all
    select
        'pg_catalog.pg_rewrite'::pg_catalog.regclass,
        w.oid,
        0,
        'rule',
        pg_catalog.format('%s.%I', r.object, w.rulename),
        null,
        null,
        null,
        null,
        '{definition, enabled}',
        array[
            case when w.rulename <> '_RETURN' then pg_catalog.pg_get_ruledef(w.oid) end,
            case w.ev_enabled
                when 'D' then 'disabled'
                when 'R' then 'replica'
                when 'A' then 'always'
            end
        ]
    from pg_catalog.pg_rewrite as w
    inner join relations as r on w.ev_class = r.oid
    union all
    select
        'pg_catalog.pg_policy'::pg_catalog.regclass,
        p.oid,
        0,
        'policy',
        pg_catalog.format('%s.%I', r.object, p.polname),
        null,
        null,
        null,
        null,
        '{permissive, command, roles, using, with check}',
        array[
            p.polpermissive::pg_catalog.text,
            case p.polcmd
                when 'r' then 'select'
                when 'a' then 'insert'
                when 'w' then 'update'
                when 'd' then 'delete'
                else 'all'
            end,
            pg_catalog.array_to_string(
                array(
                    select g.label
                    from roles as g
                    where g.oid = any(p.polroles)
                    order by g.label
                ),
                ', '
            ),
            pg_catalog.pg_get_expr(p.polqual, p.polrelid),
            pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid)
        ]
    from pg_catalog.pg_policy as p
    inner join relations as r on p.polrelid = r.oid
    union all
    -- Domains, enums, ranges and base types; composite ones have columns. Of a row type only what
    -- was granted on it differently from its table is its own.
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
        case when not t.is_row then pg_catalog.acldefault('T', t.typowner) end,
        null,
        '{
            kind, base type, default, not null, collation, labels, range, input, output, storage
        }',
        case
            when not t.is_row
                then array[
                    case t.typtype
                        when 'b' then 'base'
                        when 'c' then 'composite'
                        when 'd' then 'domain'
                        when 'e' then 'enum'
                        when 'p' then 'pseudo'
                        when 'r' then 'range'
                        else t.typtype::pg_catalog.text
                    end,
                    case
                        when t.typtype = 'd'
                            then pg_catalog.format_type(t.typbasetype, t.typtypmod)
                    end,
                    t.typdefault,
                    case when t.typnotnull then 'true' end,
                    nullif(t.typcollation, 0)::pg_catalog.regcollation::pg_catalog.text,
                    case
                        when t.typtype = 'e'
                            then (
                                select
                                    pg_catalog.string_agg(
                                        pg_catalog.quote_literal(e.enumlabel),
                                        ', ' order by e.enumsortorder
                                    )
                                from pg_catalog.pg_enum as e
                                where e.enumtypid = t.oid
                            )
                    end,
                    case
                        when t.typtype = 'r'
                            then (
                                select
                                    pg_catalog.concat_ws(
                                        ', ',
                                        pg_catalog.format_type(g.rngsubtype, null),
                                        pg_catalog.format_type(g.rngmultitypid, null),
                                        g.rngcollation::pg_catalog.regcollation,
                                        c.opcname,
                                        g.rngsubdiff,
                                        g.rngcanonical
                                    )
                                from pg_catalog.pg_range as g
                                inner join pg_catalog.pg_opclass as c on g.rngsubopc = c.oid
                                where g.rngtypid = t.oid
                            )
                    end,
                    case when t.typtype = 'b' then t.typinput::pg_catalog.text end,
                    case when t.typtype = 'b' then t.typoutput::pg_catalog.text end,
                    case when t.typtype = 'b' then t.typstorage::pg_catalog.text end
                ]
        end
    from (
        select
            t.*,
            pg_catalog.format(
                '%s.%I', t.typnamespace::pg_catalog.regnamespace, t.typname
            ) as object,
            -- A row type is its table's.
            t.typrelid in (
                select r.oid
                from relations as r
                where r.kind <> 'type'
            ) as is_row
        from pg_catalog.pg_type as t
        where
            t.typnamespace = any(array(select s.oid from schemas as s))
            and t.oid not in (
                select m.objid
                from members as m
                where m.classid = 'pg_catalog.pg_type'::pg_catalog.regclass
            )
            and t.typrelid not in (
                select m.objid
                from members as m
                where m.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
            )
            -- The array and multirange types that come along with a type say nothing of their own.
            and t.typsubscript <> 'pg_catalog.array_subscript_handler'::pg_catalog.regproc
            and not (
                t.typtype = 'm'
                and exists (
                    select
                    from pg_catalog.pg_range as g
                    inner join pg_catalog.pg_type as e on g.rngtypid = e.oid
                    where g.rngmultitypid = t.oid and e.typnamespace = t.typnamespace
                )
            )
    ) as t
    union all
    select
        'pg_catalog.pg_constraint'::pg_catalog.regclass,
        k.oid,
        0,
        'constraint',
        pg_catalog.format('%s.%I.%I', s.object, t.typname, k.conname),
        null,
        null,
        null,
        null,
        '{definition, validated}',
        array[
            pg_catalog.pg_get_constraintdef(k.oid), case when not k.convalidated then 'false' end
        ]
    from pg_catalog.pg_constraint as k
    inner join pg_catalog.pg_type as t on k.contypid = t.oid
    inner join schemas as s on t.typnamespace = s.oid
    where
        k.contype = 'c'
        and t.oid not in (
            select m.objid
            from members as m
            where m.classid = 'pg_catalog.pg_type'::pg_catalog.regclass
        )
    union all
    select
        'pg_catalog.pg_statistic_ext'::pg_catalog.regclass,
        x.oid,
        0,
        'statistics',
        pg_catalog.format('%s.%I', x.stxnamespace::pg_catalog.regnamespace, x.stxname),
        x.stxowner,
        null,
        null,
        null,
        '{definition, target}',
        array[
            pg_catalog.pg_get_statisticsobjdef(x.oid),
            nullif(pg_catalog.to_jsonb(x) ->> 'stxstattarget', '-1')
        ]
    from pg_catalog.pg_statistic_ext as x
    where
        x.stxrelid in (select r.oid from relations as r)
        or (
            x.stxnamespace in (select s.oid from schemas as s)
            -- Postgres does not count it among an extension's members when its table is one.
            and x.stxrelid not in (
                select m.objid
                from members as m
                where m.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
            )
        )
    union all
    -- Supabase keeps the functions of its own event triggers in schema extensions.
    select
        'pg_catalog.pg_event_trigger'::pg_catalog.regclass,
        e.oid,
        0,
        'event trigger',
        pg_catalog.quote_ident(e.evtname),
        e.evtowner,
        null,
        null,
        null,
        '{event, function, tags, enabled}',
        array[
            e.evtevent::pg_catalog.text,
            e.evtfoid::pg_catalog.regprocedure::pg_catalog.text,
            pg_catalog.array_to_string(e.evttags, ', '),
            case e.evtenabled
                when 'O' then 'origin'
                when 'D' then 'disabled'
                when 'R' then 'replica'
                else 'always'
            end
        ]
    from pg_catalog.pg_event_trigger as e
    inner join pg_catalog.pg_proc as f on e.evtfoid = f.oid
    cross join platform as p
    where
        not (p.is_supabase and f.pronamespace = pg_catalog.to_regnamespace('extensions'))
        and e.oid not in (
            select m.objid
            from members as m
            where m.classid = 'pg_catalog.pg_event_trigger'::pg_catalog.regclass
        )
    union all
    select
        'pg_catalog.pg_publication'::pg_catalog.regclass,
        p.oid,
        0,
        'publication',
        pg_catalog.quote_ident(p.pubname),
        p.pubowner,
        null,
        null,
        null,
        '{operations, all tables, via root, generated columns}',
        array[
            pg_catalog.concat_ws(
                ', ',
                case when p.pubinsert then 'insert' end,
                case when p.pubupdate then 'update' end,
                case when p.pubdelete then 'delete' end,
                case when p.pubtruncate then 'truncate' end
            ),
            case when p.puballtables then 'true' end,
            case when p.pubviaroot then 'true' end,
            nullif(pg_catalog.to_jsonb(p) ->> 'pubgencols', 'n')
        ]
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
    union all
    -- Casts, but for those from or to a type of a schema that is somebody else's.
    select
        'pg_catalog.pg_cast'::pg_catalog.regclass,
        c.oid,
        0,
        'cast',
        pg_catalog.format(
            '(%s as %s)',
            pg_catalog.format_type(c.castsource, null),
            pg_catalog.format_type(c.casttarget, null)
        ),
        null,
        null,
        null,
        null,
        '{context, method, function}',
        array[
            case c.castcontext
                when 'i' then 'implicit'
                when 'a' then 'assignment'
                else 'explicit'
            end,
            c.castmethod::pg_catalog.text,
            nullif(c.castfunc, 0)::pg_catalog.regprocedure::pg_catalog.text
        ]
    from pg_catalog.pg_cast as c
    where
        c.oid >= 16384
        and c.oid not in (
            select m.objid
            from members as m
            where m.classid = 'pg_catalog.pg_cast'::pg_catalog.regclass
        )
        and not exists (
            select
            from pg_catalog.pg_type as t
            where
                t.oid in (c.castsource, c.casttarget)
                and t.typnamespace <> 'pg_catalog'::pg_catalog.regnamespace
                and t.typnamespace not in (select s.oid from schemas as s)
        )
    union all
    -- Kinds this schema has none of: one line of definition each, so that any is drift.
    select
        o.classid,
        o.oid,
        0,
        o.kind,
        pg_catalog.format('%s.%s', o.schema::pg_catalog.regnamespace, o.name),
        o.owner,
        null,
        null,
        null,
        '{definition}',
        array[o.definition]
    from (
        select
            'pg_catalog.pg_operator'::pg_catalog.regclass as classid,
            o.oid,
            'operator' as kind,
            pg_catalog.format(
                '%s(%s,%s)',
                o.oprname,
                coalesce(pg_catalog.format_type(nullif(o.oprleft, 0), null), 'none'),
                pg_catalog.format_type(o.oprright, null)
            ) as name,
            o.oprnamespace as schema,
            o.oprowner as owner,
            pg_catalog.format(
                '%s by %s, commutator %s, negator %s, estimated by %s and %s, merges %s, hashes %s',
                pg_catalog.format_type(o.oprresult, null),
                o.oprcode::pg_catalog.oid::pg_catalog.regprocedure,
                nullif(o.oprcom, 0)::pg_catalog.regoperator,
                nullif(o.oprnegate, 0)::pg_catalog.regoperator,
                o.oprrest,
                o.oprjoin,
                o.oprcanmerge,
                o.oprcanhash
            ) as definition
        from pg_catalog.pg_operator as o
        where o.oprnamespace = any(array(select s.oid from schemas as s))
        union all
        select
            'pg_catalog.pg_collation'::pg_catalog.regclass,
            c.oid,
            'collation',
            pg_catalog.quote_ident(c.collname),
            c.collnamespace,
            c.collowner,
            (
                pg_catalog.to_jsonb(c)
                - '{oid,collname,collnamespace,collowner,collversion}'::pg_catalog.text[]
            )::pg_catalog.text
        from pg_catalog.pg_collation as c
        where c.collnamespace = any(array(select s.oid from schemas as s))
        union all
        select
            'pg_catalog.pg_conversion'::pg_catalog.regclass,
            c.oid,
            'conversion',
            pg_catalog.quote_ident(c.conname),
            c.connamespace,
            c.conowner,
            pg_catalog.format(
                '%s to %s by %s, default %s',
                c.conforencoding,
                c.contoencoding,
                c.conproc,
                c.condefault
            )
        from pg_catalog.pg_conversion as c
        where c.connamespace = any(array(select s.oid from schemas as s))
        union all
        select
            'pg_catalog.pg_opfamily'::pg_catalog.regclass,
            f.oid,
            'operator family',
            pg_catalog.quote_ident(f.opfname),
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
                            order by
                                o.amopstrategy,
                                o.amopopr::pg_catalog.regoperator::pg_catalog.text
                        )
                    from pg_catalog.pg_amop as o
                    where o.amopfamily = f.oid
                ),
                (
                    select
                        pg_catalog.string_agg(
                            pg_catalog.format(
                                '%s %s',
                                o.amprocnum,
                                o.amproc::pg_catalog.oid::pg_catalog.regprocedure
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
        where f.opfnamespace = any(array(select s.oid from schemas as s))
        union all
        select
            'pg_catalog.pg_opclass'::pg_catalog.regclass,
            o.oid,
            'operator class',
            pg_catalog.quote_ident(o.opcname),
            o.opcnamespace,
            o.opcowner,
            pg_catalog.format(
                'for %s, default %s, stores %s',
                pg_catalog.format_type(o.opcintype, null),
                o.opcdefault,
                pg_catalog.format_type(nullif(o.opckeytype, 0), null)
            )
        from pg_catalog.pg_opclass as o
        where o.opcnamespace = any(array(select s.oid from schemas as s))
        union all
        select
            'pg_catalog.pg_ts_config'::pg_catalog.regclass,
            c.oid,
            'text search configuration',
            pg_catalog.quote_ident(c.cfgname),
            c.cfgnamespace,
            c.cfgowner,
            (
                select
                    pg_catalog.concat_ws(
                        '; ',
                        (
                            select p.prsname
                            from pg_catalog.pg_ts_parser as p
                            where p.oid = c.cfgparser
                        ),
                        pg_catalog.string_agg(
                            pg_catalog.format(
                                '%s %s', m.maptokentype, m.mapdict::pg_catalog.regdictionary
                            ),
                            ', ' order by m.maptokentype, m.mapseqno
                        )
                    )
                from pg_catalog.pg_ts_config_map as m
                where m.mapcfg = c.oid
            )
        from pg_catalog.pg_ts_config as c
        where c.cfgnamespace = any(array(select s.oid from schemas as s))
        union all
        select
            'pg_catalog.pg_ts_dict'::pg_catalog.regclass,
            d.oid,
            'text search dictionary',
            pg_catalog.quote_ident(d.dictname),
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
        where d.dictnamespace = any(array(select s.oid from schemas as s))
        union all
        select
            'pg_catalog.pg_ts_parser'::pg_catalog.regclass,
            p.oid,
            'text search parser',
            pg_catalog.quote_ident(p.prsname),
            p.prsnamespace,
            null,
            pg_catalog.concat_ws(
                ', ', p.prsstart, p.prstoken, p.prsend, p.prsheadline, p.prslextype
            )
        from pg_catalog.pg_ts_parser as p
        where p.prsnamespace = any(array(select s.oid from schemas as s))
        union all
        select
            'pg_catalog.pg_ts_template'::pg_catalog.regclass,
            t.oid,
            'text search template',
            pg_catalog.quote_ident(t.tmplname),
            t.tmplnamespace,
            null,
            pg_catalog.concat_ws(', ', t.tmplinit, t.tmpllexize)
        from pg_catalog.pg_ts_template as t
        where t.tmplnamespace = any(array(select s.oid from schemas as s))
    ) as o
    where
        not exists (
            select
            from members as m
            where m.classid = o.classid and m.objid = o.oid
        )
),

facts (kind, object, property, value) as (
    -- Of anything: owner, properties, settings, comment, labels, grants.
    select
        o.kind,
        o.object,
        'owner',
        case when o.object = 'public' and r.is_platform then 'owner' else r.label end
    from objects as o
    inner join roles as r on o.owner = r.oid
    union all
    select
        o.kind,
        o.object,
        o.name,
        o.property
    from (
        select
            n.kind,
            n.object,
            pg_catalog.unnest(n.names[1:pg_catalog.cardinality(n.properties)]) as name,
            pg_catalog.unnest(n.properties) as property
        from objects as n
    ) as o
    where o.property is not null
    union all
    select
        o.kind,
        o.object,
        pg_catalog.concat(
            case
                when o.kind in ('function', 'procedure', 'window function') then 'set '
                else 'option '
            end,
            pg_catalog.split_part(s.setting, '=', 1)
        ),
        case
            -- A Boolean may be spelt in many ways.
            when s.setting ~ '^security_(invoker|barrier)='
                then pg_catalog.split_part(s.setting, '=', 2)::pg_catalog.bool::pg_catalog.text
            else pg_catalog.substr(s.setting, pg_catalog.strpos(s.setting, '=') + 1)
        end
    from objects as o
    cross join lateral pg_catalog.unnest(o.settings) as s (setting)
    -- Options named pg_ are the server's own notes, which no DDL sets and pg_dump leaves out:
    -- Debian's 15.20 keeps a pg_attver of every column.
    where o.settings is not null and s.setting not like 'pg\_%'
    union all
    select
        r.kind,
        r.object,
        'definition',
        coalesce(pg_catalog.pg_get_viewdef(r.oid), '')
    from relations as r
    cross join platform as p
    where r.kind in ('view', 'materialized view') and p.version >= 160000
    union all
    -- PostgreSQL 15 writes the name of the only relation before each of its columns.
    select
        r.kind,
        r.object,
        'definition',
        case
            when lone.names ~ '^[a-z_0-9$]+ [a-z_0-9$]*$'
                then
                    pg_catalog.regexp_replace(
                        v.definition,
                        pg_catalog.concat(
                            '\m',
                            coalesce(
                                nullif(pg_catalog.split_part(lone.names, ' ', 2), ''),
                                pg_catalog.split_part(lone.names, ' ', 1)
                            ),
                            '\.(?=[a-z_"])'
                        ),
                        '',
                        'g'
                    )
            else coalesce(v.definition, '')
        end
    from relations as r
    cross join platform as p
    cross join lateral pg_catalog.pg_get_viewdef(r.oid) as v (definition)
    cross join
        lateral pg_catalog.regexp_replace(
            case
                when
                    v.definition
                    !~ '\n *(\(*[A-Z ]*JOIN|UNION|EXCEPT|INTERSECT)|\( SELECT|^ WITH'
                    and pg_catalog.regexp_replace(v.definition, '\([^()]*\)', '', 'g')
                    ~ '\n +FROM [^\n,]*(\n|;)'
                    then v.definition
            end,
            '.*\n +FROM (?:ONLY )?(?:[^\s(;]+\.)?([^\s.(;]+)(?:\([^)]*\))?(?: ([^\s(;]+))?.*',
            '\1 \2'
        ) as lone (names)
    where r.kind in ('view', 'materialized view') and p.version < 160000
    union all
    select
        r.kind,
        r.object,
        pg_catalog.concat('option toast.', pg_catalog.split_part(s.setting, '=', 1)),
        pg_catalog.substr(s.setting, pg_catalog.strpos(s.setting, '=') + 1)
    from relations as r
    inner join pg_catalog.pg_class as toast on r.reltoastrelid = toast.oid
    cross join lateral pg_catalog.unnest(toast.reloptions) as s (setting)
    where toast.reloptions is not null and s.setting not like 'pg\_%'
    union all
    -- As with owners: where most of it lies is the owner's choice (default_tablespace) and nothing
    -- is stated; what lies elsewhere is.
    select
        o.kind,
        o.object,
        'tablespace',
        coalesce(t.spcname::pg_catalog.text, 'default')
    from (
        select
            r.kind,
            r.object,
            c.reltablespace,
            (
                select pg_catalog.mode() within group (order by u.reltablespace)
                from pg_catalog.pg_class as u
                where u.oid = any(array(select x.oid from relations as x)) and u.relkind <> 'v'
            ) as usual
        from relations as r
        inner join pg_catalog.pg_class as c on r.oid = c.oid
        where r.kind in ('table', 'materialized view', 'index')
    ) as o
    left join pg_catalog.pg_tablespace as t on o.reltablespace = t.oid
    where o.reltablespace <> o.usual
    union all
    select
        r.kind,
        r.object,
        'access method',
        m.amname::pg_catalog.text
    from relations as r
    inner join pg_catalog.pg_am as m on r.relam = m.oid
    where r.kind <> 'index' and m.amname <> 'heap'
    union all
    select
        r.kind,
        r.object,
        'foreign server',
        pg_catalog.concat_ws(' ', w.srvname, pg_catalog.array_to_string(f.ftoptions, ', '))
    from relations as r
    inner join pg_catalog.pg_foreign_table as f on r.oid = f.ftrelid
    inner join pg_catalog.pg_foreign_server as w on f.ftserver = w.oid
    union all
    select
        o.kind,
        o.object,
        'statistics targets',
        pg_catalog.string_agg(
            pg_catalog.format('%s: %s', a.attnum, a.attstattarget), ', ' order by a.attnum
        )
    from objects as o
    inner join pg_catalog.pg_attribute as a on o.objid = a.attrelid
    where o.kind = 'index' and a.attstattarget >= 0
    group by o.kind, o.object
    union all
    select
        o.kind,
        o.object,
        'aggregate',
        pg_catalog.concat_ws(
            ', ',
            pg_catalog.format_type(a.aggtranstype, null),
            pg_catalog.format_type(nullif(a.aggmtranstype, 0), null),
            nullif(a.aggsortop, 0)::pg_catalog.regoperator,
            pg_catalog.to_jsonb(a)
            - array['aggfnoid', 'aggtranstype', 'aggmtranstype', 'aggsortop']
        )
    from objects as o
    inner join pg_catalog.pg_aggregate as a on o.objid = a.aggfnoid
    where o.kind = 'aggregate'
    union all
    select
        o.kind,
        o.object,
        'comment',
        d.description
    from objects as o
    inner join pg_catalog.pg_description as d
        on o.classid = d.classoid and o.objid = d.objoid and o.subid = d.objsubid
    -- Of what somebody made, or schema public.
    where d.objoid >= 16384 or d.objoid = pg_catalog.to_regnamespace('public')
    union all
    -- Foreign keys and deferrable keys are kept by triggers, which can be disabled.
    select
        'constraint',
        o.object,
        'internal triggers',
        pg_catalog.concat_ws(
            ', ',
            pg_catalog.format('%s enabled', pg_catalog.count(*) filter (where t.tgenabled = 'O')),
            pg_catalog.string_agg(
                pg_catalog.format(
                    '%s on %s: %s',
                    t.tgfoid::pg_catalog.regproc,
                    t.tgrelid::pg_catalog.regclass,
                    case t.tgenabled
                        when 'D' then 'disabled'
                        when 'R' then 'replica'
                        else 'always'
                    end
                ),
                ', '
                order by t.tgrelid::pg_catalog.regclass::pg_catalog.text, t.tgfoid
            ) filter (where t.tgenabled <> 'O')
        )
    from objects as o
    inner join pg_catalog.pg_constraint as k on o.objid = k.oid
    left join pg_catalog.pg_trigger as t on k.oid = t.tgconstraint and t.tgisinternal
    where
        o.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass
        and (k.contype = 'f' or k.condeferrable)
    group by o.object, k.contype
    having
        pg_catalog.count(*) filter (where t.tgenabled = 'O')
        <> case k.contype when 'f' then 4 else 1 end
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
    from extended as d
    inner join objects as o on d.classid = o.classid and d.objid = o.objid
    inner join pg_catalog.pg_extension as e on d.refobjid = e.oid
    where d.deptype = 'x'
    union all
    select
        'grant',
        pg_catalog.concat_ws(' ', nullif(x.kind, 'database'), x.object),
        pg_catalog.concat_ws(
            ' ',
            case when x.is_platform and g.is_platform then 'owner' else g.label end,
            pg_catalog.lower(x.privilege_type collate pg_catalog."C")
        ),
        pg_catalog.concat(
            case when x.is_grantable then 'with grant option, ' end,
            'granted by ',
            case when x.is_platform and b.is_platform then 'owner' else b.label end
        )
    from (
        select
            o.kind,
            o.object,
            o.objid,
            o.owner,
            entry.*,
            o.kind = 'database' or o.object = 'public' as is_platform
        from objects as o
        cross join lateral pg_catalog.aclexplode(coalesce(o.acl, o.usual_acl)) as entry
        where coalesce(o.acl, o.usual_acl) is not null
    ) as x
    left join roles as g on x.grantee = g.oid
    left join roles as b on x.grantor = b.oid
    where
        (x.object = 'public' or not g.is_super)
        -- What an owner has anyway.
        and (
            x.grantee is distinct from x.owner
            or x.grantor is distinct from x.owner
            or x.is_grantable
            or x.object = 'public'
        )
        and not (x.kind = 'database' and (g.is_platform or g.is_supabase))
        -- Platforms and tools say for their roles what PUBLIC has anyway.
        and not (
            x.is_platform
            and x.grantee <> 0
            and not g.is_platform
            and g.label not in ('owner', 'authenticated', 'service_role')
            and not x.is_grantable
            and case x.kind
                when 'database'
                    then pg_catalog.has_database_privilege('public', x.objid, x.privilege_type)
                else pg_catalog.has_schema_privilege('public', x.objid, x.privilege_type)
            end
        )
    union all
    select
        'grant',
        pg_catalog.concat_ws(' ', o.kind, o.object),
        pg_catalog.concat_ws(
            ' ', 'owner', pg_catalog.lower(x.privilege_type collate pg_catalog."C")
        ),
        'revoked'
    from objects as o
    cross join lateral pg_catalog.aclexplode(o.usual_acl) as x
    where
        -- Of what is usual, the owner's part comes last.
        not o.acl @> o.usual_acl[pg_catalog.cardinality(o.usual_acl)]
        and not o.acl @> pg_catalog.makeaclitem(o.owner, o.owner, x.privilege_type, false)
        and x.grantee = o.owner
        and o.object <> 'public'
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
                when 'L' then 'large objects'
                else d.defaclobjtype::pg_catalog.text
            end
        ),
        pg_catalog.concat_ws(
            ' ', g.label, pg_catalog.lower(x.privilege_type collate pg_catalog."C")
        ),
        case when x.is_grantable then 'with grant option' else 'granted' end
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
        -- Supabase gives its API roles everything; the migrations take it back table by table.
        and not (
            b.is_supabase
            and f.is_platform
            and (g.is_platform or g.label in ('anon', 'authenticated', 'service_role'))
        )
    union all
    select
        'publication',
        pg_catalog.quote_ident(p.pubname),
        pg_catalog.concat('table ', r.object),
        pg_catalog.concat_ws(
            ' where ',
            coalesce(
                (
                    select
                        pg_catalog.string_agg(
                            pg_catalog.quote_ident(a.attname), ', ' order by a.attnum
                        )
                    from pg_catalog.pg_attribute as a
                    where a.attrelid = r.oid and a.attnum = any(l.prattrs)
                ),
                'all columns'
            ),
            pg_catalog.pg_get_expr(l.prqual, l.prrelid)
        )
    from pg_catalog.pg_publication as p
    inner join pg_catalog.pg_publication_rel as l on p.oid = l.prpubid
    inner join relations as r on l.prrelid = r.oid
    union all
    select
        'publication',
        pg_catalog.quote_ident(p.pubname),
        pg_catalog.concat('schema ', s.object),
        'all tables'
    from pg_catalog.pg_publication as p
    inner join pg_catalog.pg_publication_namespace as l on p.oid = l.pnpubid
    inner join schemas as s on l.pnnspid = s.oid
    union all
    -- What somebody added to pg_catalog is found before anything else of its name.
    select
        'function',
        p.oid::pg_catalog.regprocedure::pg_catalog.text,
        'added to pg_catalog',
        'true'
    from pg_catalog.pg_proc as p
    where
        p.oid >= 16384
        and p.pronamespace = 'pg_catalog'::pg_catalog.regnamespace
        and p.oid not in (
            select m.objid
            from members as m
            where m.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
        )
    union all
    select
        'operator',
        o.oid::pg_catalog.regoperator::pg_catalog.text,
        'added to pg_catalog',
        'true'
    from pg_catalog.pg_operator as o
    where
        o.oid >= 16384
        and o.oprnamespace = 'pg_catalog'::pg_catalog.regnamespace
        and o.oid not in (
            select m.objid
            from members as m
            where m.classid = 'pg_catalog.pg_operator'::pg_catalog.regclass
        )
    union all
    select
        r.kind,
        r.object,
        pg_catalog.concat('subscribed by ', u.subname),
        'true'
    from pg_catalog.pg_subscription_rel as l
    inner join relations as r on l.srrelid = r.oid
    inner join pg_catalog.pg_subscription as u on l.srsubid = u.oid
    union all
    -- Parents of ours, and children that are not.
    select
        r.kind,
        r.object,
        case
            when r.oid = h.inhrelid
                then pg_catalog.concat('inherits ', h.inhparent::pg_catalog.regclass)
            else 'child in another schema'
        end,
        case
            when r.oid = h.inhrelid
                then
                    pg_catalog.concat(
                        h.inhseqno, case when h.inhdetachpending then ', detaching' end
                    )
            else h.inhrelid::pg_catalog.regclass::pg_catalog.text
        end
    from pg_catalog.pg_inherits as h
    inner join relations as r on r.oid in (h.inhrelid, h.inhparent)
    inner join pg_catalog.pg_class as c on h.inhrelid = c.oid
    where
        r.oid = h.inhrelid
        or (c.relpersistence <> 't' and c.relnamespace not in (select s.oid from schemas as s))
    union all
    -- Nothing uses uuid-ossp: it only matters where it is.
    select
        'extension',
        e.extname::pg_catalog.text,
        'schema',
        case
            when
                e.extnamespace::pg_catalog.regnamespace::pg_catalog.text
                in ('public', 'extensions')
                then 'default'
            else e.extnamespace::pg_catalog.regnamespace::pg_catalog.text
        end
    from pg_catalog.pg_extension as e
    where
        e.extname = 'pgcrypto'
        or (
            e.extname = 'uuid-ossp'
            and e.extnamespace::pg_catalog.regnamespace::pg_catalog.text
            not in ('public', 'extensions')
        )
)

select
    f.kind,
    f.object,
    f.property,
    f.value
from facts as f
