-- Settings of one file's transaction; local, so that a pooler's next client never meets them.
-- A backend that looks for its client every two seconds does not outlive a killed runner for long;
-- Windows servers cannot.
select
    set_config('lock_timeout', %(lock_timeout)s, true),
    case when not %(durable)s then set_config('synchronous_commit', 'off', true) end,
    case
        when version() !~* 'windows|mingw|visual c'
            then set_config('client_connection_check_interval', '2s', true)
    end
