"""Why a connection failed: the messages of libpq and servers, and a hint for each."""

from __future__ import annotations

import re

from psycopg import pq

from arami_db.errors import AramiError, ConnectionFailedError, UsageError

_CONNECTIONS = "A run uses two or three connections at a time, one of them for its lock"
# libpq checks every option before it uses the network: such an error is a typing error.
_MISNAMED = re.compile(
    r"^(invalid |could not match |could not parse network address |weak sslmode "
    r'|definition of service |(nested )?service (file|spec)|syntax error in service|"?root\.crt'
    r"|Unix-domain socket path .* is too long|bad value for |encoding with 'idna')"
    r"|invalid integer value|Servname not supported"
)
_PORT = r'invalid port number|option "port"|Servname not supported'
# The first pattern that matches decides; {name} is its group.
_WAYS_OUT = (
    (_PORT, "A port is a number from 1 to 65535."),
    (
        r"invalid sslmode",
        "sslmode is disable, allow, prefer, require, verify-ca or verify-full.",
    ),
    (
        r"^(definition of |nested |syntax error in )?service",
        "A service is a section [NAME] in ~/.pg_service.conf, or in the file that PGSERVICEFILE"
        " names.",
    ),
    (
        r"no password supplied|password authentication failed",
        "Put the password in ~/.pgpass or PGPASSWORD.",
    ),
    (
        r'role "(?P<name>[^"]*)" does not exist',
        'Name another role (user= or PGUSER), or have it created: create role "{name}" login;',
    ),
    (
        r'role "(?P<name>[^"]*)" is not permitted to log in',
        'Name another role (user= or PGUSER), or allow it: alter role "{name}" login;',
    ),
    (
        r'too many connections for role "(?P<name>[^"]*)"',
        _CONNECTIONS + ': alter role "{name}" connection limit 3; or end its other sessions.',
    ),
    (
        r'too many connections for database "(?P<name>[^"]*)"',
        _CONNECTIONS + ': alter database "{name}" connection limit 3; or end its other sessions.',
    ),
    (
        r"too many clients|connection slots are reserved|no more connections|max clients reached",
        _CONNECTIONS + ". End idle sessions, raise max_connections, or go through a pooler.",
    ),
    (
        r'database "(?P<name>[^"]*)" does not exist',
        'Name another (dbname= or PGDATABASE; see `psql -l`), or create it: createdb "{name}"',
    ),
    (
        r'permission denied for database "(?P<name>[^"]*)"',
        'Let its owner run: grant connect on database "{name}" to …;',
    ),
    (
        r"not currently accepting connections",
        "Name another database: this one accepts no connections.",
    ),
    (
        r"does not support SSL, but SSL was required",
        "The server has no TLS: turn it on there (ssl = on), or use sslmode=prefer if the"
        " network can be trusted.",
    ),
    (
        r"root certificate file|certificate verify failed|does not match host name",
        "sslrootcert=FILE names the authority of the certificate, sslrootcert=system trusts"
        " the system's authorities. Name the host as the certificate does.",
    ),
    (
        r'no pg_hba\.conf entry for host "\[local\]"|no pg_hba\.conf entry.*SSL encryption',
        "The server's pg_hba.conf does not allow this connection: add a line there, or name"
        " another host, role or database.",
    ),
    (
        r"no pg_hba\.conf entry.*no encryption|SSL connection is required|SSL required",
        "The server may admit TLS only: use sslmode=require. Else its pg_hba.conf needs a line"
        " for this host, role and database.",
    ),
    (
        r"(Peer|Ident) authentication failed",
        "Run this as the account of that name, or with a password through TCP: host=localhost",
    ),
    (
        r"Tenant or user not found",
        "Supabase's pooler expects a role as ROLE.PROJECT, such as postgres.abcdefgh.",
    ),
    (
        r"could not translate host name|failed to resolve host",
        "Check the spelling of the host, and that this machine's DNS knows it. `arami-db wait`"
        " waits until it does.",
    ),
    (
        r"on socket .*(No such file|refused)",
        "No server listens on that socket. Check that it is up (`arami-db wait`), the directory"
        " (host=/run/postgresql) and the port. For TCP name a host: host=localhost",
    ),
    (r"on socket .*Permission denied", "This account may not enter the socket's directory."),
    (r"refused", "Check host and port, and that the server is up. `arami-db wait` waits for it."),
    (
        r"starting up|shutting down|recovery mode|not yet accepting",
        "`arami-db wait` waits until it answers.",
    ),
    (
        r"timeout expired|timed out|unreachable|No route",
        "Check host and port. A firewall may be in the way, or the host may have an IPv6 address"
        " only, like Supabase's direct hosts: use its pooler. PGCONNECT_TIMEOUT sets how long to"
        " try.",
    ),
    (
        r"hot standby mode|session is (not )?read-only",
        "None of the named hosts is of the kind that target_session_attrs asks for.",
    ),
    (
        r"response to SSL negotiation|closed the connection unexpectedly|expected authentication",
        "Check that Postgres, and nothing else, listens on that port.",
    ),
)


def unreachable(message: str, conninfo: str) -> AramiError:
    """The error for a connection that failed.

    Args:
        message: the driver's message, without passwords.
        conninfo: the connection parameters.

    Returns:
        A UsageError when the name of the database is wrong and no server was contacted, else a
        ConnectionFailedError.
    """
    if "failed to resolve host" in message:  # by the driver, before libpq sees the options
        asked = _plain(pq.PGconn.connect_start(conninfo.encode()).get_error_message())
        message = asked if _MISNAMED.search(asked) else message
    text = _plain(message)
    hint = _way_out(text)
    if not _MISNAMED.search(text):
        return ConnectionFailedError(text, hint=hint)
    if "idna" in text:
        text = "it is not a valid host name"
    return UsageError(f"the database is named wrongly: {text}", hint=hint)


def _plain(message: str) -> str:
    return re.sub(r"^connection (failed|is bad): ", "", message.strip())


def _way_out(message: str) -> str | None:
    for pattern, hint in _WAYS_OUT:
        if found := re.search(pattern, message, re.DOTALL | re.IGNORECASE):
            return hint.format(**found.groupdict())
    return None
