"""The SQL that restores a fact, where it follows from the facts alone and loses no data."""

from __future__ import annotations

import re
from collections.abc import Callable

_Wanted = dict[str, str]  # the properties the object should have; none when it should not exist

_FIRING = {
    "origin": "enable",
    "replica": "enable replica",
    "always": "enable always",
    "disabled": "disable",
}
_ATTRIBUTES = {  # of functions: the clause, and what is meant where nothing is stated
    "security": ("security ", "invoker"),
    "volatility": ("", "volatile"),
    "parallel": ("parallel ", "unsafe"),
}
_GRANTED = "granted by owner"
_GRANTABLE = f"with grant option, {_GRANTED}"
_GRANT_TARGET = re.compile(r"((?:materialized |foreign |window )?[a-z]+) (.*)", re.DOTALL)
_GRANT_KINDS = {
    "view": "table",
    "materialized view": "table",
    "foreign table": "table",
    "aggregate": "function",
    "window function": "function",
}
_PART = re.compile(r'"(?:[^"]|"")*"|[^.]+')


def remedy(
    kind: str, name: str, key: str | None, wanted: _Wanted, actual: str | None = None
) -> str | None:
    """SQL that makes one difference go away, or None.

    Args:
        kind: the object's kind, as catalog.sql states it.
        name: the object, quoted and qualified.
        key: the property that differs; None when the whole object is missing or extra.
        wanted: all properties the object should have; empty when there should be no such object.
        actual: what that property is instead, if anything.
    """
    if key == "comment":
        return _comment(kind, name, wanted.get("comment"))
    if kind == "grant":
        return _grant(name, key, wanted.get(key or ""), actual) if key else None
    make = _MAKERS.get(kind)
    sql = make(name, key, wanted) if make else None
    if sql and "comment" in wanted and (key is None or sql.startswith("drop ")):
        return f"{sql}\n{_comment(kind, name, wanted['comment'])}"  # it went with the object
    return sql


def _comment(kind: str, name: str, text: str | None) -> str | None:
    if kind in {"constraint", "policy", "rule", "trigger"}:
        table, last = split(name)
        target = f"{kind} {last} on {table}"
    else:
        target = f"{kind} {name}"
    return f"comment on {target} is {_literal(text) if text is not None else 'null'};"


def _grant(name: str, key: str, wanted: str | None, actual: str | None) -> str | None:
    grantee, privilege = key.rsplit(" ", 1)
    known = {None, _GRANTED, _GRANTABLE}  # what another role granted, only that role takes back
    if grantee == "owner" or name == "database" or not {wanted, actual} <= known:
        return None
    kind, target = _GRANT_TARGET.findall(name)[0]
    if kind == "column":
        table, column = split(target)
        privilege, on = f"{privilege} ({column})", f"table {table}"
    else:
        on = f"{_GRANT_KINDS.get(kind, kind)} {target}"
    if wanted is None:
        cascade = " cascade" if actual == _GRANTABLE else ""
        return f"revoke {privilege} on {on} from {grantee}{cascade};"
    if actual == _GRANTABLE:
        return f"revoke grant option for {privilege} on {on} from {grantee} cascade;"
    option = " with grant option" if wanted == _GRANTABLE else ""
    return f"grant {privilege} on {on} to {grantee}{option};"


def _policy(name: str, _: str | None, wanted: _Wanted) -> str:
    table, policy = split(name)
    drop = f"drop policy if exists {policy} on {table};"
    if not wanted:
        return drop
    kind = "permissive" if wanted.get("permissive") == "true" else "restrictive"
    parts = [
        f"create policy {policy} on {table} as {kind}",
        f"for {wanted.get('command', 'all')} to {wanted.get('roles', 'public')}",
    ]
    parts += [
        f"{clause} {wanted[clause]}" for clause in ("using", "with check") if clause in wanted
    ]
    return f"{drop}\n{' '.join(parts)};"


def _trigger(name: str, key: str | None, wanted: _Wanted) -> str | None:
    table, trigger = split(name)
    if key == "enabled":
        firing = _FIRING[wanted.get("enabled", "origin")]
        return f"alter table {table} {firing} trigger {trigger};"
    drop = f"drop trigger if exists {trigger} on {table};"
    return f"{drop}\n{wanted['definition']};" if "definition" in wanted else drop


def _constraint(name: str, key: str | None, wanted: _Wanted) -> str | None:
    table, constraint = split(name)
    if key == "validated":
        return f"alter table {table} validate constraint {constraint};"
    drop = f"alter table {table} drop constraint if exists {constraint};"
    if "definition" not in wanted:
        return drop
    return f"{drop}\nalter table {table} add constraint {constraint} {wanted['definition']};"


def _index(name: str, key: str | None, wanted: _Wanted) -> str | None:
    if key in {"valid", "ready"}:
        return f"reindex index concurrently {name};"
    if key in {"clustered", "replica identity"} or "primary" in wanted:
        return None
    drop = f"drop index if exists {name};"
    return f"{drop}\n{wanted['definition']};" if wanted else drop


def _column(name: str, key: str | None, wanted: _Wanted) -> str | None:
    table, column = split(name)
    change = f"alter table {table} alter column {column}"
    if key == "not null":
        return f"{change} {'set' if key in wanted else 'drop'} not null;"
    if key == "default":
        return (
            f"{change} set default {wanted[key]};" if key in wanted else f"{change} drop default;"
        )
    if key == "type" and key in wanted:
        return f"{change} type {wanted[key]};"
    if key is None and "type" in wanted:
        default = f" default {wanted['default']}" if "default" in wanted else ""
        not_null = " not null" if "not null" in wanted else ""
        return f"alter table {table} add column {column} {wanted['type']}{default}{not_null};"
    return None


def _table(name: str, key: str | None, wanted: _Wanted) -> str | None:
    switches = {"row level security": "", "force row level security": "force "}
    if key not in switches:
        return None
    if key == "row level security":
        verb = "enable" if wanted.get(key) == "enabled" else "disable"
        return f"alter table {name} {verb} row level security;"
    return f"alter table {name} {'force' if key in wanted else 'no force'} row level security;"


def _view(name: str, key: str | None, wanted: _Wanted) -> str | None:
    if not wanted:
        return f"drop view {name};"
    if key and key.startswith("option "):
        option = key.removeprefix("option ")
        if key in wanted:
            return f"alter view {name} set ({option} = {wanted[key]});"
        return f"alter view {name} reset ({option});"
    if "definition" not in wanted or key not in {None, "definition"}:
        return None
    options = [f"{k[7:]} = {v}" for k, v in wanted.items() if k.startswith("option ")]
    clause = f" with ({', '.join(options)})" if options else ""
    return f"create or replace view {name}{clause} as\n{wanted['definition']}"


def _function(name: str, key: str | None, wanted: _Wanted) -> str | None:
    if not wanted:
        return f"drop function {name};"
    if key in _ATTRIBUTES:
        clause, usual = _ATTRIBUTES[key]
        return f"alter function {name} {clause}{wanted.get(key, usual)};"
    if key and key.startswith("set "):
        setting = key.removeprefix("set ")
        if key in wanted:
            value = "''" if wanted[key] == '""' else wanted[key]
            return f"alter function {name} set {setting} = {value};"
        return f"alter function {name} reset {setting};"
    return None


_MAKERS: dict[str, Callable[[str, str | None, _Wanted], str | None]] = {
    "policy": _policy,
    "trigger": _trigger,
    "constraint": _constraint,
    "index": _index,
    "column": _column,
    "table": _table,
    "view": _view,
    "function": _function,
}


def split(name: str) -> tuple[str, str]:
    """The table and the last part of schema.table.part."""
    *table, last = _PART.findall(name)
    return ".".join(table), last


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
