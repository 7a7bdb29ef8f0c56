"""Premises: a query of the verification is asked where it can find something, and only there.

A check, or an arm of the union that catalog.sql is, may say when it has anything to tell:

    -- Only if: exists (select from pg_catalog.pg_cast as c where c.oid >= 16384)

Lines that go on are indented by four more spaces. Such a condition reads an empty catalog or two,
where planning the query behind it would cost ten times as much; it may name the columns of
queries/given.sql. A check that reads nothing but what the facts state, and what the API roles are,
says so instead:

    -- Only if: the facts differ
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from arami_db.files import SqlFile

FACTS_DIFFER = "the facts differ"
ROLES_DIFFER = "roles_differ"

_CONDITION = r"-- Only if: (.+(?:\n *--     .+)*)\n"
_OF_CHECK = re.compile(rf"(?:--.*\n)*?{_CONDITION}")
_OF_ARM = re.compile(rf"    {_CONDITION}")
_UNION = "\n    union all\n"
_AFTER_UNION = re.compile(r"\n\S.*", re.DOTALL)

Arm = tuple[str | None, str]  # its condition, as SQL, and its text


def premise_of(check: SqlFile) -> str | None:
    """The condition of a check, as SQL or FACTS_DIFFER; None where it is always asked."""
    return _premise(_OF_CHECK, check.text)


def arms_of(catalog: SqlFile) -> list[Arm]:
    """The text of catalog.sql, cut at every `union all`; what follows a union is its last arm's."""
    return [(_premise(_OF_ARM, arm), arm) for arm in catalog.text.split(_UNION)]


def without_idle(arms: Iterable[Arm], holds: Mapping[str, bool]) -> str:
    """The text of catalog.sql without the arms whose condition does not hold.

    Args:
        arms: all of them, in order.
        holds: of each of their conditions, whether it holds in the database to be asked.
    """
    pieces = list[str]()
    for premise, arm in arms:
        if premise is None or holds[premise]:
            pieces += [_UNION, arm]
        else:
            pieces += _AFTER_UNION.findall(arm)
    return "".join(pieces[1:])


def _premise(place: re.Pattern[str], text: str) -> str | None:
    found = place.match(text)
    return found[1].replace("\n    --", "\n").replace("\n--", "\n") if found else None
