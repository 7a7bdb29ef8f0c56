-- What the Supabase CLI has entered: the name of each migration, if it has one, whether its
-- statements are kept, and the lines in them by which an export is known. Older releases of the CLI
-- had no columns for name and statements.
with entries as (
    select
        to_jsonb(m) as fields,
        coalesce(jsonb_typeof(to_jsonb(m) -> 'statements') = 'array', false) as has_statements
    from supabase_migrations.schema_migrations as m
)

select
    e.fields ->> 'name' as name,
    e.has_statements,
    array_remove(array_agg(line.found[1]), null) as headers
from entries as e
left join lateral jsonb_array_elements_text(
    case when e.has_statements then e.fields -> 'statements' else '[]'::jsonb end
) with ordinality as statement (text, number) on true
left join lateral regexp_matches(
    statement.text, '^-- arami-db export: .*$', 'gn'
) as line (found) on true
group by e.fields, e.has_statements
order by e.fields ->> 'version'
