"""A deployment's settings: arami-db.toml, or [tool.arami-db] in pyproject.toml."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arami_db.errors import UsageError

FILE, SHARED = "arami-db.toml", "pyproject.toml"
_OBJECTS = ("table", "view", "materialized-view", "foreign-table", "sequence", "type")
_KINDS = ("role", "publication", "function", "rls", *_OBJECTS)
_ACTIONS = ("select", "insert", "update", "delete", "call", "exists", "untried")
_UNITS = {"ms": 0.001, "s": 1, "min": 60, "m": 60, "h": 3600, "": 1}
_API = {"anon", "authenticated", "service_role", "authenticator", "public"}


@dataclass(frozen=True)
class Declaration:
    """A declared exception: an object that the schema does not state and that may exist.

    Attributes:
        kind: "role", "publication", "function", "rls" for what the proof finds, "table", and so on.
        name: its name, for a function its signature, as `verify` writes it.
        reason: why it exists.
        place: the file, and the number of this entry.
        definer: for a function, whether it may run with the rights of its owner.
        action: for "rls", the action that is intended, or that need not be tried.
    """

    kind: str
    name: str
    reason: str
    place: str
    definer: bool = False
    action: str = ""


@dataclass(frozen=True)
class Settings:
    """The settings of a deployment.

    Attributes:
        place: the file; empty where there is none.
        accept: the declared exceptions, in the order of the file.
        sql_dir: the SQL directory.
        lock_timeout: the longest wait for a table lock, as written.
        lock_wait: the longest wait for another runner, as written.
        first_version: the number of the first migration; None for 1.
    """

    place: str = ""
    accept: tuple[Declaration, ...] = ()
    sql_dir: Path | None = None
    lock_timeout: str | None = None
    lock_wait: str | None = None
    first_version: int | None = None


def read_settings(folder: Path) -> Settings:
    """Read the settings of one folder; files in parent folders have no effect.

    Args:
        folder: where arami-db.toml or pyproject.toml may lie.

    Returns:
        The settings; empty ones where there are none.

    Raises:
        UsageError: the file cannot be read, has an unknown key or value, or both files have
            settings.
    """
    own, shared = folder / FILE, folder / SHARED
    table = _load(own) if os.path.lexists(own) else None
    if shared.is_file():
        tools = _load(shared).get("tool")
        ours = tools.get("arami-db") if isinstance(tools, dict) else None
        if ours is not None and table is not None:
            raise UsageError(
                f"{own} and [tool.arami-db] of {shared} both exist",
                hint="Keep the settings in one of the two.",
            )
        if ours is not None:
            return _settings(ours, f"{SHARED}, tool.arami-db", folder)
    return _settings(table, FILE, folder) if table is not None else Settings()


def _load(path: Path) -> dict[str, Any]:
    import tomllib

    if not path.is_file():  # opening a pipe would block
        raise UsageError(f"{path}: is not a file")
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeError:
        raise UsageError(f"{path}: cannot be read: it is not UTF-8") from None
    except ValueError as error:
        raise UsageError(f"{path}: is not TOML: {error}") from error


def _settings(table: Any, place: str, folder: Path) -> Settings:
    keys = {"accept", "sql-dir", "lock-timeout", "lock-wait", "first-version"}
    known = _known(table, place, keys)
    entries = known.get("accept", [])
    if not isinstance(entries, list):
        raise UsageError(f"{place}: accept is not a list", hint="Write each entry as [[accept]].")
    numbered = enumerate(entries, 1)
    return Settings(
        place,
        tuple(_declaration(entry, f"{place}, accept {n}") for n, entry in numbered),
        folder / _text(known, "sql-dir", place) if "sql-dir" in known else None,
        _duration(known, "lock-timeout", place),
        _duration(known, "lock-wait", place),
        _version(known.get("first-version"), place),
    )


def _version(value: Any, place: str) -> int | None:
    if value is not None and (type(value) is not int or value < 0):
        raise UsageError(
            f"{place}: first-version is not a version", hint="Write a number: first-version = 57."
        )
    return value


def _text(table: dict[str, Any], key: str, place: str) -> str:
    value = table[key]
    if not isinstance(value, str) or not value.strip():
        raise UsageError(f"{place}: {key} must be a text that is not empty")
    return value


def _duration(table: dict[str, Any], key: str, place: str) -> str | None:
    """A duration as it is written; a number of seconds may be a TOML number."""
    value = table.get(key)
    if value is None:
        return None
    text = str(value) if type(value) in {int, float} else _text(table, key, place)
    try:
        seconds_of(text)
    except ValueError as error:
        raise UsageError(f"{place}: {key}: {error}") from error
    return text


def seconds_of(text: str) -> float:
    """A duration in seconds, from 500ms, 3s, 2min, 1h, or a bare number of seconds.

    Raises:
        ValueError: it is not a duration.
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(ms|s|min|m|h|)\s*", text, re.ASCII)
    if match is None:
        raise ValueError(f"{text!r} is not a duration; write 500ms, 3s, 2min or 1h")
    return float(match[1]) * _UNITS[match[2]]


def _known(table: Any, place: str, keys: set[str]) -> dict[str, Any]:
    if not isinstance(table, dict):
        raise UsageError(f"{place}: is not a table")
    for key in table:
        if key not in keys:
            raise UsageError(
                f"{place}: unknown key {key!r}", hint=f"Known: {', '.join(sorted(keys))}."
            )
    return table


def _declaration(entry: Any, place: str) -> Declaration:
    texts = {**_known(entry, place, {*_KINDS, "reason", "definer", "action"})}
    definer = texts.pop("definer", False)
    if type(definer) is not bool or (definer and "function" not in texts):
        raise UsageError(f"{place}: definer must be true or false, and is for functions")
    for key in texts:
        _text(texts, key, place)
    named = [kind for kind in _KINDS if kind in texts]
    if len(named) != 1:
        raise UsageError(
            f"{place}: names {len(named)} of {', '.join(_KINDS)}; exactly one is needed"
        )
    if "reason" not in texts:
        raise UsageError(f"{place}: has no reason", hint='Say why it exists: reason = "…".')
    [kind] = named
    name = texts[kind].strip()
    _refuse(kind, name, place)
    action = texts.get("action", "").strip()
    if (kind == "rls") != (action in _ACTIONS) or (action and kind != "rls"):
        raise UsageError(f"{place}: action is of rls, and one of {', '.join(_ACTIONS)}")
    return Declaration(kind, name, texts["reason"].strip(), place, definer, action)


def _refuse(kind: str, name: str, place: str) -> None:
    """Refuse an entry that would accept more than it seems to, or could never match."""
    if kind == "role" and _unquoted(name).lower() in _API:
        raise UsageError(
            f"{place}: role {name} is a role of the API, or everybody",
            hint="The schema decides its rights; declare the table or function instead.",
        )
    if kind in _OBJECTS and "." not in name.strip("."):
        raise UsageError(f"{place}: write the {kind} with its schema, such as public.{name}")
    if kind == "function" and not ("." in name and "(" in name and name.endswith(")")):
        raise UsageError(
            f"{place}: write the function with schema and types, such as public.f(uuid, integer)"
        )


def _unquoted(name: str) -> str:
    """A name without the quotes of SQL."""
    is_quoted = len(name) > 1 and name[0] == name[-1] == '"'
    return name[1:-1].replace('""', '"') if is_quoted else name
