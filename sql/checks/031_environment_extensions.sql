-- 031_environment_extensions: an extension in a schema of ours.
-- Why: the API offers its functions to everybody, and later migrations may need the names of its
-- objects. Extensions belong in schema extensions, or in their own schema. Those in pg_catalog,
-- such as plpgsql, do not count.
select
    'security' as severity,
    pg_catalog.quote_ident(e.extname) as object,
    pg_catalog.format(
        'The extension lies in schema %I, where the API offers its functions to everybody: %s',
        s.name,
        case
            when e.extrelocatable then 'move it to a schema of its own.'
            else 'it cannot be moved; drop it, or create it again in a schema of its own.'
        end
    ) as finding,
    case
        when e.extrelocatable and pg_catalog.to_regnamespace('extensions') is not null
            then pg_catalog.format('alter extension %I set schema extensions', e.extname)
        when e.extrelocatable
            then
                pg_catalog.format(
                    e'create schema if not exists extensions;\n'
                    'alter extension %I set schema extensions',
                    e.extname
                )
    end as remedy
from pg_catalog.pg_extension as e
inner join schemas as s on e.extnamespace = s.oid
