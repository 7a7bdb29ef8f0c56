"""Premises: a query of the verification is asked where it can find something, and only there.

A check, or an arm of the union that catalog.sql is, may say when it has anything to tell:

    -- Only if: exists (select from pg_catalog.pg_parameter_acl)

Lines that go on are indented by four more spaces. Such a condition reads an empty catalog or two,
where planning the query behind it would cost ten times as much. A check that reads nothing but
what the facts state says so instead:

    -- Only if: the facts differ
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from arami_db.files import SqlFile

FACTS_DIFFER = "the facts differ"

_CONDITION = r"-- Only if: (.+(?:\n *--     .+)*)\n"
_HEADER = re.compile(rf"(?:--.*\n)*?{_CONDITION}")
# From one `union all` to the next, or to the parenthesis that closes them all.
_ARM = re.compile(rf"^    union all\n    {_CONDITION}(?:(?!    union all\n|\S).*\n)*", re.MULTILINE)


def premise_of(check: SqlFile) -> str | None:
    """The condition of a check, as SQL or FACTS_DIFFER; None where it is always asked."""
    found = _HEADER.match(check.text)
    return _plain(found[1]) if found else None


def premises_of_arms(catalog: SqlFile) -> Iterable[str]:
    """The conditions of the arms of catalog.sql, as SQL."""
    return (_plain(arm[1]) for arm in _ARM.finditer(catalog.text))


def without_idle_arms(catalog: SqlFile, holds: Mapping[str, bool]) -> str:
    """The text of catalog.sql without the arms whose condition does not hold.

    Args:
        catalog: the query.
        holds: of each condition of its arms, whether it holds in the database to be asked.
    """
    return _ARM.sub(lambda arm: arm[0] if holds[_plain(arm[1])] else "", catalog.text)


def _plain(condition: str) -> str:
    return re.sub(r"\n *--", "\n", condition)
