"""Views and functions as migrations: created the first time, replaced when their text changes.

Only the server knows whether it can replace a view: it compares columns and their types. So the
migration tries to, as `migrate` does. If that fails it drops the view and its dependants, and
creates them again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from arami_db.export.project import Draft
from arami_db.export.there import There
from arami_db.files import SqlFile, SqlTree
from arami_db.files.dependants import dropping, is_materialized, may_be_refused
from arami_db.files.exported import Header, header
from arami_db.files.psql import without_restrict
from arami_db.files.script import Script, Statement, load, load_all

_TRIED = "-- Where Postgres refuses to replace it, it is dropped here and created again below.\n"


@dataclass(frozen=True)
class Views:
    """The export of views: the migrations, the files in them, and notes."""

    drafts: tuple[Draft, ...]
    pending: tuple[SqlFile, ...]
    notes: tuple[str, ...]


def view_drafts(tree: SqlTree, found: Sequence[Header]) -> Views:
    """The migrations that bring views and functions to their present text.

    The first time each file becomes one migration. Later all changes share one, as they share one
    transaction in `migrate`: no session sees a view without its dependants.

    Args:
        tree: the SQL files.
        found: the earlier exports of views, in order.

    Raises:
        RefusedFileError: a file cannot be run as it stands.
    """
    latest = {one.version: one for one in found}
    known = {one.checksum for one in latest.values()}
    pending = tuple(file for file in tree.views if file.checksum not in known)
    scripts = load_all(pending)
    there = There(found)
    if any(there.holds(statement) for script in scripts for statement in script.statements):
        name = pending[0].name if len(pending) == 1 else "views"
        drafts = [Draft(name, "\n".join(_sections(tree, there, scripts)))]
    else:
        drafts = [Draft(script.file.name, header(script.file) + _sql(script)) for script in scripts]
    return Views(tuple(drafts), pending, tuple(_gone(tree, latest)))


def _gone(tree: SqlTree, latest: dict[int, Header]) -> Iterator[str]:
    versions = {file.version for file in tree.views}
    checksums = {file.checksum for file in tree.views}
    for one in latest.values():
        if one.version not in versions and one.checksum not in checksums:
            yield (
                f"{one.title} was exported and has no file any more: what it made stays"
                " until a migration drops it"
            )


def _sections(tree: SqlTree, there: There, changed: Sequence[Script]) -> Iterator[str]:
    """The texts of the changed files and of their dependants, in order."""
    scripts = {script.file.version: script for script in changed}
    owners = {
        dropping(statement): script
        for script in map(load, tree.views)
        for statement in script.statements
        if there.holds(statement)
    }
    waiting = list(changed)
    while waiting:
        for statement in waiting.pop().statements:
            for one in there.in_the_way(statement):
                owner = owners.get(dropping(one))
                if owner and owner.file.version not in scripts:
                    scripts[owner.file.version] = owner
                    waiting.append(owner)
    for _, script in sorted(scripts.items()):
        tried = "".join(_tried(there, script, replaces=script in changed))
        yield header(script.file) + tried + _sql(script)


def _tried(there: There, script: Script, *, replaces: bool) -> Iterator[str]:
    """What precedes the text of a file: it drops what the file cannot replace."""
    explained = False
    for statement in script.statements:
        drops = [f"{dropping(one)};\n" for one in there.in_the_way(statement)]
        if is_materialized(statement):
            yield from drops
        elif drops and replaces and may_be_refused(statement):
            yield "" if explained else _TRIED
            yield _try(statement, drops)
            explained = True


def _try(statement: Statement, drops: Sequence[str]) -> str:
    """A block that replaces an object, or drops it.

    Any other error is reported when the statement runs again below.
    """
    inner = _tag(statement.text, "replacement")
    execute = f"    execute {inner}\n{statement.text}\n{inner};\n"
    body = f"begin\n{execute}exception\n    when others then\n"
    body += "".join(f"        {drop}" for drop in drops)
    outer = _tag(body, "try")
    return f"do {outer}\n{body}end\n{outer};\n\n"


def _tag(text: str, word: str) -> str:
    """A dollar quote that the text does not contain."""
    number = next(n for n in range(len(text) + 2) if f"${word}{n or ''}$" not in text)
    return f"${word}{number or ''}$"


def _sql(script: Script) -> str:
    return without_restrict(script.sql)
