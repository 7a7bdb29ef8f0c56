"""Statements that run whether or not the files of views/ have been applied.

A new database gets all migrations before the first view; an existing one has its views.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from arami_db.drift.remedies.around import Object
from arami_db.drift.remedies.causes import target_of
from arami_db.drift.remedies.names import literal
from arami_db.facts import Fact
from arami_db.facts.names import split
from arami_db.undo.trying import Done

_SETTING = "arami_db.had_views"
_LOOKS = {
    "function": "to_regprocedure",
    "procedure": "to_regprocedure",
    "aggregate": "to_regprocedure",
    "type": "to_regtype",
}
_SAID = (
    "-- Objects of views/ block this. They are dropped, and created again where they existed;",
    "-- on a new database the files of views/ run later.",
)
_AGAIN = "-- For an object of views/, if those files have been applied."


def both_ways(statements: Sequence[Done], of_views: Iterable[Fact]) -> list[str]:
    """Statements found on a database with views, changed to run without views too.

    Args:
        statements: in order.
        of_views: the facts of objects that only the files of views/ make.
    """
    objects = {fact[:2] for fact in of_views}
    names = {name for _, name in objects}
    views = [one for one in statements if _is_of(one.about, objects, names)]
    if not views:
        return [one.sql for one in statements]
    kind, name = views[0].about
    look = f"pg_catalog.{_LOOKS.get(kind, 'to_regclass')}({literal(name)}) is not null"
    found = [
        "\n".join(_SAID),
        f"select pg_catalog.set_config('{_SETTING}', ({look})::text, true);",
    ]
    for is_again, group in groupby(statements, lambda one: one in views and not _drops(one)):
        run = list(group)
        if is_again:
            found.append(_guarded([one.sql for one in run]))
        else:
            found += [_if_exists(one.sql) if one in views else one.sql for one in run]
    return found


def _is_of(about: Object, objects: set[Object], names: set[str]) -> bool:
    """Whether an object, its parent or the object of a privilege is of views/."""
    kind, name = target_of(about[1]) if about[0] == "grant" else about
    return (kind, name) in objects or split(name)[0] in names


def _drops(done: Done) -> bool:
    return done.sql.startswith("drop ") and done.sql.count(";") == 1


def _if_exists(sql: str) -> str:
    kind = next(k for k in ("materialized view", *sql.split(" ", 2)[1:2]) if sql[5:].startswith(k))
    rest = sql[5 + len(kind) :]
    return sql if rest.startswith(" if exists") else f"drop {kind} if exists{rest}"


def _guarded(statements: Sequence[str]) -> str:
    inside = "\n".join(statements)
    tag = "$views"
    while tag in inside:
        tag += "_"
    return (
        f"{_AGAIN}\ndo {tag}$\nbegin\nif pg_catalog.current_setting('{_SETTING}') = 'true' then\n"
        f"{inside}\nend if;\nend\n{tag}$;"
    )
