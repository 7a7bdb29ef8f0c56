-- 190_text_search: text search configurations, dictionaries, parsers and templates in our schemas.
-- The first arm of a union names the columns.
-- noqa: disable=AL03
with named as (
    select
        'text search configuration' as kind,
        'pg_catalog.pg_ts_config'::pg_catalog.regclass as classid,
        c.oid,
        c.cfgnamespace as namespace,
        c.cfgname as name,
        c.cfgowner as owner,
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
        ) as definition
    from pg_catalog.pg_ts_config as c
    where c.cfgnamespace in (select s.oid from schemas as s)
    union all
    select
        'text search dictionary',
        'pg_catalog.pg_ts_dict'::pg_catalog.regclass,
        d.oid,
        d.dictnamespace,
        d.dictname,
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
        'text search parser',
        'pg_catalog.pg_ts_parser'::pg_catalog.regclass,
        p.oid,
        p.prsnamespace,
        p.prsname,
        null,
        pg_catalog.concat_ws(', ', p.prsstart, p.prstoken, p.prsend, p.prsheadline, p.prslextype)
    from pg_catalog.pg_ts_parser as p
    where p.prsnamespace in (select s.oid from schemas as s)
    union all
    select
        'text search template',
        'pg_catalog.pg_ts_template'::pg_catalog.regclass,
        t.oid,
        t.tmplnamespace,
        t.tmplname,
        null,
        pg_catalog.concat_ws(', ', t.tmplinit, t.tmpllexize)
    from pg_catalog.pg_ts_template as t
    where t.tmplnamespace in (select s.oid from schemas as s)
)

select
    o.kind,
    pg_catalog.format('%s.%I', o.namespace::pg_catalog.regnamespace, o.name) as object,
    p.property,
    p.value
from named as o
left join roles as w on o.owner = w.oid
left join comments as d on o.classid = d.classoid and o.oid = d.objoid
cross join
    lateral (
        values
        ('owner', w.label),
        ('comment', d.description),
        ('definition', o.definition)
    ) as p (property, value)
where
    p.value is not null
    and not exists (
        select
        from members as m
        where m.classid = o.classid and m.objid = o.oid
    )
