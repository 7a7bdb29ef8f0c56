"""The columns that say whose a row is, as policies compare them with the user who asks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Literal

from arami_db.policies import OwnerColumn, Policies, standings
from arami_db.prove.schema.secrets import METADATA, SECRET, SENT, USERS_SET
from arami_db.rows.tables import Owner, Path, Table

_IDS = ("sub", "id", "user_id", "uid")
_USERS_OWN = USERS_SET - {"email"}
_SOMEBODY = re.compile(
    r"user|owner|member|profile|account|author|customer|tenant|mail|phone|uid|\b(?:\w+[_-])?id\b"
)

Owners = dict[Path, tuple[Owner, ...]]
Compared = Mapping[Path, tuple[OwnerColumn, ...]]


def told(compared: Compared) -> Owners:
    """The owners that policies name.

    An e-mail says whose a row is only where none of its columns holds an id, as of an invitation;
    a claim that operators set only where nothing else does; one that users set themselves only
    where not even that does, and where it is an e-mail or somebody's id: anybody may come to it.
    A secret says only who may, not whose it is.

    Args:
        compared: what they compare with who asks.
    """
    found = {}
    for path, columns in compared.items():
        ids = [c for c in columns if c.kind == "uid"]
        mails = [c for c in columns if c.kind == "email"]
        claims = [c for c in columns if c.kind == "claim" and _is_operators(c.claim)]
        if all(column.via for column in ids):
            ids += mails
        sent = [c for c in columns if _is_sent(c)]
        if chosen := ids or claims:
            found[path] = tuple(dict.fromkeys(map(_owner, chosen)))
        elif meant := [owner for c in columns for owner in _meant(c)]:
            found[path] = tuple(dict.fromkeys(meant))
        elif sent:
            found[path] = tuple(dict.fromkeys(Owner(c.column, "row") for c in sent))
    return found


def by_members(tables: dict[Path, Table], policies: Policies) -> Owners:
    """The owners of tables whose policy asks whether the user is a member, but not of what.

    Args:
        tables: all of them, by path.
        policies: what they say.
    """
    return {
        key.parent: tuple(Owner(column, "row") for column in key.references)
        for standing in standings(policies)
        for path in standing.tables
        for key in (tables[path].foreign_keys if path in tables else ())
        if key.parent == standing.branch.table
    }


def _meant(column: OwnerColumn) -> Iterator[Owner]:
    """Whom a policy means by a claim that users set themselves: whose the row was to be."""
    if column.kind == "claim" and not column.via and column.claim[0] in METADATA:
        name = column.claim[-1]
        if name == "email":
            yield replace(_owner(column), kind="email", claim=())
        elif name in _IDS:
            yield replace(_owner(column), kind="id", claim=())


def _is_operators(claim: tuple[str, ...]) -> bool:
    return (
        bool(claim) and claim[0] not in _USERS_OWN and not claim[0].startswith(("request.", "app."))
    )


def _is_sent(column: OwnerColumn) -> bool:
    """Whether a column holds somebody's id that users send: no secret, and no mere choice."""
    names = " ".join((column.column, *column.claim[1:])).lower()
    is_sent = bool(column.claim) and column.claim[0] in SENT | METADATA and not column.via
    return is_sent and bool(_SOMEBODY.search(names)) and not SECRET.search(names)


def _owner(column: OwnerColumn) -> Owner:
    if column.via:
        return Owner(column.column, "row")
    kind: Literal["id", "email", "claim"] = "id" if column.kind == "uid" else column.kind
    claim = column.claim if kind == "claim" else ()
    held = column.is_element, claim, column.keys or (), column.is_listed, column.in_list
    return Owner(column.column, kind, *held)


def shared(
    tables: dict[Path, Table], compared: Compared
) -> dict[tuple[Path, str], tuple[Path, str]]:
    """Columns that must equal another column of the user's rows, although no foreign key says so.

    Args:
        tables: all of them, by path.
        compared: what policies compare with who asks.
    """
    found: dict[tuple[Path, str], tuple[Path, str]] = {}
    for path, columns in compared.items():
        for column in columns:
            at = path
            for link in column.via:
                if at in tables and link.table in tables:
                    found |= _following(tables, (at, link.here), (link.table, link.there))
                at = link.table
    return found


def _following(
    tables: dict[Path, Table], one: tuple[Path, str], other: tuple[Path, str]
) -> dict[tuple[Path, str], tuple[Path, str]]:
    leads = {place: _leads(tables[place[0]], place[1]) for place in (one, other)}
    if leads[one] and leads[other]:
        return {}
    if leads[one]:
        return {} if leads[one] == other else {other: leads[one] or one}
    if leads[other]:
        return {} if leads[other] == one else {one: leads[other] or other}
    return {one: other, other: other}


def _leads(table: Table, column: str) -> tuple[Path, str] | None:
    """Where a foreign key of a column leads."""
    for key in table.foreign_keys:
        if column in key.columns:
            return key.parent, key.references[key.columns.index(column)]
    return None
