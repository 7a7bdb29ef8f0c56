"""Which database is named, and by what, without connecting to it: for `arami-db config`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import Conninfo, ConninfoOption

from arami_db.naming import is_named, name_of, read_name

_ALWAYS = ("host", "port", "dbname", "user", "password")
# What libpq finds services by, and so what they say: it outranks the other variables.
_SERVICE = ("PGSERVICE", "PGSERVICEFILE", "PGSYSCONFDIR")
_NOT_SHOWN = {"client_encoding", "fallback_application_name"}
_KEYS = {"scram_client_key", "scram_server_key"}  # as good as a password
MASK = "***"


@dataclass(frozen=True)
class Parameter:
    """A connection parameter: its name, its value, masked where it is secret, and its source."""

    name: str
    value: str | None
    source: str


def parameters(database: str | None, *, embedded: bool) -> tuple[Parameter, ...]:
    """What a command would connect with.

    Args:
        database: as resolve() takes it.
        embedded: likewise; the server is not started.

    Returns:
        Each parameter that somebody has set, and the five that matter; one named "database" where
        none is named, or the embedded server.

    Raises:
        UsageError: the name is empty or cannot be read, or two databases are named.
    """
    named, by = name_of(database, embedded=embedded)
    if named == "embedded":
        from arami_db.embedded import home

        return (Parameter("database", f"embedded server in {home()}", by),)
    if not named and not is_named():
        return (Parameter("database", None, "neither --database nor DATABASE_URL nor PG*"),)
    explicit = conninfo_to_dict(read_name(named, by))
    service = str(explicit.get("service") or os.environ.get("PGSERVICE") or "")
    return tuple(_in_force(explicit, by, service))


def _in_force(explicit: Mapping[str, object], by: str, service: str) -> Iterator[Parameter]:
    """Each parameter as libpq ranks them: the name, the service, the environment, a default."""
    built_in = {option.keyword.decode(): option for option in _libpq({})}
    served = _served(service, built_in) if service else {}
    for name, option in sorted(built_in.items(), key=lambda item: _rank(item[0])):
        variable = _text(option.envvar) or ""
        if name in explicit:
            value, source = str(explicit[name]), by
        elif name in served:
            value, source = served[name], f"service {service}"
        elif variable in os.environ:
            value, source = os.environ[variable], variable
        elif name in _ALWAYS:
            value, source = _text(option.val) or "", "default"
        else:
            continue
        if name == "service" and not served:
            source += "; it is not in the service file"
        if name not in _NOT_SHOWN:
            secret = option.dispchar == b"*" or name in _KEYS
            yield _shown(name, value, source, is_secret=secret)


def _served(service: str, built_in: Mapping[str, ConninfoOption]) -> dict[str, str]:
    """What a service sets; nothing where it is not to be found."""
    files = {key: os.environ[key] for key in _SERVICE if key in os.environ}
    options = _libpq({**files, "PGSERVICE": service})
    found = {option.keyword.decode(): _text(option.val) for option in options}
    return {
        name: value
        for name, value in found.items()
        if value is not None and name != "service" and value != _text(built_in[name].val)
    }


def _shown(name: str, value: str, source: str, *, is_secret: bool) -> Parameter:
    if value:
        return Parameter(name, MASK if is_secret else value, source)
    passfile = Path(os.environ.get("PGPASSFILE") or Path.home() / ".pgpass")
    said = {
        "host": "a Unix socket where libpq looks for it",
        "dbname": "the name of the user",
        "password": f"looked up in {passfile}" if passfile.is_file() else "none",
    }
    return Parameter(name, None, f"default: {said.get(name, 'none')}")


def _rank(name: str) -> tuple[int, str]:
    return (_ALWAYS.index(name) if name in _ALWAYS else len(_ALWAYS), name)


def _text(value: bytes | None) -> str | None:
    return value.decode(errors="replace") if value else None


def _libpq(environment: dict[str, str]) -> list[ConninfoOption]:
    """What libpq fills in by itself where it sees only these of its variables."""
    kept = {key: value for key, value in os.environ.items() if key.startswith("PG")}
    for key in kept:
        del os.environ[key]
    os.environ.update(environment)
    try:
        return Conninfo.get_defaults()
    finally:
        for key in environment:
            os.environ.pop(key, None)
        os.environ.update(kept)
