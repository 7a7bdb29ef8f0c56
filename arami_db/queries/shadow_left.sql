-- Throw-away databases of this role that killed runs left: no session uses or names them.
select d.datname
from pg_catalog.pg_database as d
where
    d.datname like %s
    and pg_get_userbyid(d.datdba) = current_user
    and not exists (
        select from pg_catalog.pg_stat_activity as a
        where d.datname in (a.application_name, a.datname)
    )
