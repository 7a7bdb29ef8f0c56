-- 006_earn_virtue: record that a virtue was earned, the first time or again, in one call.
-- Why: reading times_earned and writing it back loses one of two concurrent calls; here the server
-- locks the row and counts. SECURITY INVOKER: row level security decides whose virtues these may
-- be. A session must belong to this user, live or archived, even if it is not recorded: only the
-- first that earned the virtue is.

create or replace function public.earn_virtue(
    virtue_name text,
    virtue_description text default null,
    virtue_icon text default null,
    session_id uuid default null,
    user_uuid uuid default auth.uid()
)
returns public.virtue_collection
language plpgsql
security invoker
set search_path = ''
as $$
declare
    live_session uuid;
    archived_session uuid;
    earned public.virtue_collection;
begin
    -- Locked, so that it stays where it is found; one that is being archived is waited for.
    if session_id is not null then
        select s.id into live_session
        from public.daily_sessions as s
        where s.id = session_id and s.user_id = user_uuid
        for key share;
        if not found then
            select s.id into archived_session
            from public.daily_sessions_archive as s
            where s.id = session_id and s.user_id = user_uuid
            for key share;
        end if;
        if not found then
            raise exception 'user % has no session %', user_uuid, session_id
                using errcode = 'foreign_key_violation',
                    hint = 'Give the id of a session of theirs, or none.';
        end if;
    end if;

    insert into public.virtue_collection as v (
        user_id,
        virtue_name,
        virtue_description,
        virtue_icon,
        earned_from_session_id,
        earned_from_archived_session_id
    )
    values (
        user_uuid,
        earn_virtue.virtue_name,
        earn_virtue.virtue_description,
        earn_virtue.virtue_icon,
        live_session,
        archived_session
    )
    on conflict on constraint uq_virtue_collection_user_id_virtue_name do update set
        times_earned = v.times_earned + 1,
        last_earned_at = greatest(v.last_earned_at, excluded.last_earned_at),
        virtue_description = coalesce(excluded.virtue_description, v.virtue_description),
        virtue_icon = coalesce(excluded.virtue_icon, v.virtue_icon)
    returning * into earned;
    return earned;
end
$$;

revoke all on function public.earn_virtue(text, text, text, uuid, uuid)
from public, anon, authenticated, service_role;
grant execute on function public.earn_virtue(text, text, text, uuid, uuid)
to authenticated, service_role;

comment on function public.earn_virtue(text, text, text, uuid, uuid) is
'Adds a virtue to the caller''s collection, or raises times_earned by one; returns its row. A'
' description or icon replaces the one there. service_role names the user by user_uuid.';
