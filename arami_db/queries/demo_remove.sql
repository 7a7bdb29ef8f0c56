-- Delete demo users, their logins and their lines in the change log; foreign keys delete all else.
-- The change log must not record this deletion: SET disables it, on workers too.
do $$
declare
    first_id constant uuid := current_setting('arami_db.demo_first');
    last_id constant uuid := current_setting('arami_db.demo_last');
    logins constant regclass := to_regclass('auth.users');
begin
    set local arami_db.moving to 'on';
    delete from audit.change_log where actor_id between first_id and last_id;
    delete from public.users where id between first_id and last_id;
    -- A role that may not read logins has made none: `seed demo` would have failed.
    if has_table_privilege(logins, 'select') and has_table_privilege(logins, 'delete') then
        execute format('delete from %s where id between $1 and $2', logins)
        using first_id, last_id;
    end if;
    delete from public.app_settings where id between first_id and last_id;
end
$$
