-- 014_updated_at_trigger: tables whose updated_at no trigger maintains.
-- Why: a timestamp that only some updates change is worse than none. It needs an enabled trigger
-- BEFORE UPDATE, for each row, of any column, without a condition, whose function assigns
-- new.updated_at (or is the extension's moddatetime). A function that no longer assigns it is found
-- too; comments in its body do not count. Tables of neighbours are not checked.
with stampers as (
    select
        p.oid,
        p.proname,
        p.pronamespace
    from pg_catalog.pg_proc as p
    where
        p.prorettype = 'pg_catalog.trigger'::pg_catalog.regtype
        and (
            p.proname = 'moddatetime'
            or pg_catalog.regexp_replace(
                p.prosrc, '--[^\n]*|/[*].*?[*]/', '', 'g'
            ) ~* '\mnew[.]"?updated_at"?\s*:?='
        )
)

select
    'integrity' as severity,
    r.object,
    'No enabled trigger stamps updated_at before every update: it goes stale.' as finding,
    (
        select
            pg_catalog.format(
                'create or replace trigger %I before update on %s'
                ' for each row execute function public.update_updated_at_column()',
                'update_' || r.relname || '_updated_at',
                r.object
            )
        from stampers as s
        where
            s.pronamespace = pg_catalog.to_regnamespace('public')
            and s.proname = 'update_updated_at_column'
    ) as remedy
from relations as r
inner join pg_catalog.pg_attribute as a
    on r.oid = a.attrelid and a.attname = 'updated_at' and not a.attisdropped
where
    r.kind = 'table'
    and r.is_made
    and r.oid not in (
        select t.tgrelid
        from pg_catalog.pg_trigger as t
        inner join stampers as s on t.tgfoid = s.oid
        where
            not t.tgisinternal
            and t.tgenabled in ('O', 'A')
            -- for each row (1), before (2), update (16)
            and t.tgtype & 19 = 19
            and t.tgqual is null
            and t.tgattr::pg_catalog.text = ''
    )
