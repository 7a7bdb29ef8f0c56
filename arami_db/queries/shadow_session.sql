-- Who runs the files, with which search_path, where one was set, and which extensions there are.
select
    session_user::text,
    (
        select s.setting
        from pg_catalog.pg_settings as s
        where s.name = 'search_path' and s.source <> 'default'
    ) as search_path,
    (
        select array_agg(e.extname::text)
        from pg_catalog.pg_extension as e
    ) as extensions
