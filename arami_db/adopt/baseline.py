"""Adopting a database that was made by hand, or whose migrations were squashed since."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from arami_db import ledger
from arami_db.adopt.compare import DifferencesError, Expectation, expectation
from arami_db.adopt.entries import Adopted, enter, forget, write
from arami_db.database.connect import Connection
from arami_db.database.execute import Step
from arami_db.errors import EmbeddedError, LedgerError, UsageError
from arami_db.files import SqlFile, SqlTree
from arami_db.runner.locked import locked
from arami_db.runner.session import Session
from arami_db.shadow import ShadowError

_FORGOTTEN = (
    "If migrations that are to be forgotten made them, the files must make them, too; if others"
    " did, enter the files with --accept-differences."
)


@dataclass(frozen=True)
class BaselineEntry:
    """What is to be entered, and how it is made sure that the database holds it.

    Attributes:
        version: the last migration the database holds.
        shadow: a database to copy for trying out the files; None for an embedded server.
        accept_differences: whether to go on where the database is not what the files make.
    """

    version: int
    shadow: str | None = None
    accept_differences: bool = False


def baseline(session: Session, tree: SqlTree, wanted: BaselineEntry) -> tuple[Adopted, ...]:
    """Enter the migrations up to a version as applied, without running them.

    Rows of the ledger up to that version that the files no longer have are forgotten: so a
    squash is said. Where it is the last version, and the database has all views as their files make
    them, as after `supabase db push`, these are entered, too.

    Args:
        session: the database, the options and the report.
        tree: the SQL files.
        wanted: what to enter.

    Returns:
        What was changed in the ledger; nothing when the same baseline is there already.

    Raises:
        UsageError: there is no such version.
        DifferencesError: the database is not what the migrations make.
        LedgerError: nothing could be compared, or a later file is not the one that was applied.
        RefusedFileError: a file cannot be run as it stands.
    """
    files = tuple(file for file in tree.migrations if file.version <= wanted.version)
    if wanted.version not in {file.version for file in files}:
        raise UsageError(f"no migration {wanted.version} in {tree.root / 'migrations'}")
    with locked(session) as runner:
        state = ledger.read(runner.connection)
        new, gone = _changes(state, files, wanted.version)
        if not (new or gone or _views_wait(state, tree, wanted.version)):
            return ()
        held = files + _later(state, tree, wanted.version)
        expected = _expectation(session, runner.connection, tree, held, wanted)
        with runner.connection.transaction():
            ledger.create(runner.connection)
            accepted = _compare(session, runner.connection, expected, wanted, gone)
            new += _views_there(runner.connection, state, expected)
            forgotten = [forget(row.kind, row.version) for row in gone]
            write(runner.connection, [*forgotten, *_entries(new, accepted)])
    if accepted:
        session.report.note(f"accepted, and remembered in arami_db.event:\n{accepted}")
    return (
        *(Adopted("forgotten", f"migrations/{row.version:03}_{row.name}") for row in gone),
        *(Adopted("baselined", file.label) for file in new),
    )


def _changes(
    state: ledger.Ledger, files: tuple[SqlFile, ...], version: int
) -> tuple[list[SqlFile], list[ledger.Row]]:
    """The files to enter, and the rows that stand in their way."""
    rows = {r.version: r for r in state.rows.values() if r.kind == "migration"}
    same = {
        f.version for f in files if f.version in rows and rows[f.version].checksum == f.checksum
    }
    gone = [row for number, row in sorted(rows.items()) if number <= version and number not in same]
    return [file for file in files if file.version not in same], gone


def _entries(files: list[SqlFile], accepted: str | None) -> Iterator[Step]:
    """The statements that enter files; what was accepted is remembered with the last."""
    for file in files:
        message = accepted if file is files[-1] else None
        yield from enter(file, origin="baseline", event="baselined", message=message)


def _views_wait(state: ledger.Ledger, tree: SqlTree, version: int) -> bool:
    """Whether views could be entered: all migrations are, or will be, and not all views."""
    return version == tree.migrations[-1].version and bool(_unentered(state, tree.views))


def _unentered(state: ledger.Ledger, views: tuple[SqlFile, ...]) -> list[SqlFile]:
    """The views that the ledger does not have as they are."""
    rows = state.of("view")
    return [f for f in views if f.version not in rows or rows[f.version].checksum != f.checksum]


def _views_there(
    connection: Connection, state: ledger.Ledger, expected: Expectation | str
) -> list[SqlFile]:
    """The views to enter: all that are not in the ledger, or none, where one is not there."""
    if isinstance(expected, str) or not (views := _unentered(state, expected.views)):
        return []
    return views if expected.holds_views(connection) else []


def _later(state: ledger.Ledger, tree: SqlTree, version: int) -> tuple[SqlFile, ...]:
    """The files beyond the version that are applied, too.

    Raises:
        LedgerError: one of them is gone, or is not the file that was applied.
    """
    files = {file.version: file for file in tree.migrations}
    found = []
    for kind, number in sorted(state.rows):
        if kind != "migration" or number <= version:
            continue
        file = files.get(number)
        if file is None or file.checksum != state.rows[kind, number].checksum:
            raise LedgerError(
                f"the ledger holds migration {number}, and the files do not have it as it was"
                " applied",
                hint="Settle that first: `arami-db status` and `arami-db repair` say how.",
            )
        found.append(file)
    return tuple(found)


def _expectation(
    session: Session,
    connection: Connection,
    tree: SqlTree,
    files: tuple[SqlFile, ...],
    wanted: BaselineEntry,
) -> Expectation | str:
    """What the files make; where that cannot be said and need not be, why."""
    try:
        return expectation(connection, tree, files, wanted.shadow, session.report.note)
    except (ShadowError, EmbeddedError) as error:
        if wanted.accept_differences:
            return f"not compared: {error}"
        raise LedgerError(
            f"the database could not be compared with what the migrations make:\n  {error}",
            hint=f"{error.hint or 'See what it says.'}\n      Or enter the migrations without"
            f" comparing: arami-db baseline {wanted.version} --accept-differences",
        ) from error


def _compare(
    session: Session,
    connection: Connection,
    expected: Expectation | str,
    wanted: BaselineEntry,
    gone: list[ledger.Row],
) -> str | None:
    """What was accepted, a line each; None where nothing had to be.

    What no file makes may be what the migrations made that are to be forgotten.
    """
    if isinstance(expected, str):
        return expected
    found, beside = expected.differences(connection)
    if beside and gone:
        found = (*found, replace(beside, advice=_FORGOTTEN))
    elif beside:
        session.report.note(beside.message)
    if found and not wanted.accept_differences:
        raise DifferencesError(found, wanted.version)
    return "\n".join(f"{one.severity}: {one.object}: {one.message}" for one in found) or None
