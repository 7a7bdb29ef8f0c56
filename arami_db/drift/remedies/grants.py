"""Grants and default privileges."""

from __future__ import annotations

import re

from arami_db.drift.remedies.around import RELATIONS
from arami_db.drift.remedies.causes import target_of
from arami_db.drift.remedies.difference import Difference
from arami_db.drift.remedies.names import dollars
from arami_db.facts.names import split

_GRANTED = "granted by owner"
_GRANTABLE = f"with grant option, {_GRANTED}"
_REVOKED = "revoked"
_WORDS = {  # where GRANT uses another word
    "view": "table",
    "materialized view": "table",
    "foreign table": "table",
    "aggregate": "function",
    "window function": "function",
}
_ALL_DATABASE = "database"
_DEFAULT = re.compile(r'of ("(?:[^"]|"")*"|\S+)( in schema .*)? on ([a-z ]+)', re.DOTALL)


def grant(difference: Difference) -> str | None:
    """The statement that grants or revokes a privilege."""
    if difference.key is None:
        return None
    grantee, privilege = difference.key.rsplit(" ", 1)
    wanted, actual = difference.value, _as_owner(difference)
    if grantee == "owner" and difference.name == "schema public":
        grantee = "pg_database_owner" if wanted == _GRANTED and actual is None else ""
    if not grantee or not {wanted, actual} <= {None, _GRANTED, _GRANTABLE, _REVOKED}:
        return None
    if _is_row_type(difference):
        return _row_type(difference.name, grantee, difference)
    to = difference.around.role(grantee)
    words = _change(
        None if wanted == _REVOKED else wanted or (_GRANTED if actual == _REVOKED else None),
        None if actual == _REVOKED else actual,
    )
    return _statement(difference.name, privilege, to, words) + _columns_again(difference)


def _as_owner(difference: Difference) -> str | None:
    """The grant after the owner is restored, which comes first."""
    actual = difference.actual
    owner = difference.around.actual.get(target_of(difference.name), {}).get("owner")
    if actual and owner and actual.endswith(f"granted by {owner}"):
        return f"{actual.removesuffix(owner)}owner"
    return actual


def _change(wanted: str | None, actual: str | None) -> tuple[str, str, str]:
    """The verb, the preposition before the role, and the rest."""
    if wanted is None:
        return "revoke", "from", " cascade" if actual == _GRANTABLE else ""
    if actual == _GRANTABLE:
        return "revoke grant option for", "from", " cascade"
    return "grant", "to", " with grant option" if wanted == _GRANTABLE else ""


def _statement(name: str, privilege: str, role: str, words: tuple[str, str, str]) -> str:
    verb, preposition, end = words
    if name == _ALL_DATABASE:
        role = role.replace("%", "%%")
        text = f"{verb} {privilege} on database %I {preposition} {role}{end}"
        run = f"execute pg_catalog.format({dollars(text)}, pg_catalog.current_database());"
        return f"do $do$ begin {run} end $do$;"
    kind, target = target_of(name)
    if kind == "column":
        table, column = split(target)
        return f"{verb} {privilege} ({column}) on table {table} {preposition} {role}{end};"
    return f"{verb} {privilege} on {_WORDS.get(kind, kind)} {target} {preposition} {role}{end};"


def _columns_again(difference: Difference) -> str:
    """Privileges on columns that are lost when the one on their table is revoked."""
    kind, table = target_of(difference.name)
    if difference.value is not None or kind not in RELATIONS:
        return ""
    return "".join(
        f"\n{grant(difference.of('grant', name, difference.key))}"
        for name in difference.around.grants
        if name.startswith(f"column {table}.")
        and difference.key in difference.around.wanted["grant", name]
    )


def _is_row_type(difference: Difference) -> bool:
    kind, name = target_of(difference.name)
    return kind == "type" and any((r, name) in difference.around.wanted for r in RELATIONS)


def _row_type(name: str, grantee: str, difference: Difference) -> str | None:
    """The grants of a row type, which are not stated while its owner and everybody may use it."""
    if difference.value is not None:
        return None
    if grantee in {"owner", "public"}:
        return f"grant usage on {name} to public, {difference.around.owner};"
    return f"revoke usage on {name} from {difference.around.role(grantee)} cascade;"


def grants_of(difference: Difference) -> list[str]:
    """All privileges on a new object, without those from default privileges."""
    around, kind, name = difference.around, difference.kind, difference.name
    word = _WORDS.get(kind, kind)
    if word not in {"table", "sequence", "function", "procedure"}:
        return []
    roles = ", ".join(["public", *around.api])
    made = [f"revoke all on {word} {name} from {roles};"]
    for target in around.grants:
        on, of = target_of(target)
        if target == f"{kind} {name}" or (on == "column" and split(of)[0] == name):
            found = around.wanted["grant", target]
            made += [sql for key in found if (sql := grant(difference.of("grant", target, key)))]
    return made


def default_privilege(difference: Difference) -> str | None:
    """The statement that changes default privileges."""
    found = _DEFAULT.fullmatch(difference.name)
    if difference.key is None or found is None:
        return None
    role, schema, kind = found.groups()
    grantee, privilege = difference.key.rsplit(" ", 1)
    as_grants = {"granted": _GRANTED, "with grant option": _GRANTABLE}
    wanted, actual = (as_grants.get(v or "") for v in (difference.value, difference.actual))
    if difference.actual == _REVOKED:
        wanted = _GRANTED
    verb, preposition, end = _change(wanted, actual)
    start = f"alter default privileges for role {difference.around.role(role)}{schema or ''}"
    to = difference.around.role(grantee)
    return f"{start} {verb} {privilege} on {kind} {preposition} {to}{end};"
