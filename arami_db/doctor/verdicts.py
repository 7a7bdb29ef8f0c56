"""Which commands work, which will once others have run, which will not, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from arami_db.administrator import PROVING, Need, require_uid
from arami_db.database.server import Server
from arami_db.doctor.reading import ServerView
from arami_db.doctor.standing import LedgerStanding
from arami_db.errors import AramiError
from arami_db.files import SqlTree

# The commands, and how many connections each has open at a time.
_COMMANDS = {
    "status": 1,
    "migrate": 3,
    "baseline": 3,
    "verify": 1,
    PROVING: 1,
    "seed": 3,
    "archive": 3,
    "maintain": 1,
}
_READING = ("status", "verify")
_AFTER_MIGRATE = (PROVING, "seed", "archive")


@dataclass(frozen=True)
class Reason:
    """Why a command does not work, and the way out."""

    reason: str
    fix: str


@dataclass(frozen=True)
class Verdict:
    """A command.

    Attributes:
        command: as it is typed.
        reasons: why it does not work; none where it does.
        after: the command that must come first, None where none must.
        finds: whether it works all the same, and the reasons are what it will find.
    """

    command: str
    reasons: tuple[Reason, ...]
    after: str | None = None
    finds: bool = False

    @property
    def outcome(self) -> str:
        """Whether it works: "works", "after migrate", "will find this" or "does not work"."""
        if self.reasons:
            return "will find this" if self.finds else "does not work"
        return f"after {self.after}" if self.after else "works"


def verdicts(
    server: Server,
    around: ServerView,
    standing: LedgerStanding,
    needs: Sequence[Need],
    tree: SqlTree,
) -> tuple[Verdict, ...]:
    """Judge every command that works on a database.

    Args:
        server, around, standing: what was read.
        needs: what an administrator has to run.
        tree: the SQL files.
    """
    is_empty = standing.state == "none" or (standing.state == "readable" and not standing.applied)
    judged = []
    for command in _COMMANDS:
        found = [
            *_unwritable(command, server),
            *_rights(command, around, needs),
            *_ledger(command, standing),
            *_platform(command, server, around, tree),
        ]
        after = "migrate" if is_empty and command in _AFTER_MIGRATE else None
        finds = command == "verify" and not standing.unreadable
        judged.append(Verdict(command, tuple(dict.fromkeys(found)), after, finds))
    return tuple(judged)


def _unwritable(command: str, server: Server) -> Iterator[Reason]:
    if command not in _READING:
        try:
            server.require_writable()
        except AramiError as error:
            yield _of(error)


def _rights(command: str, around: ServerView, needs: Sequence[Need]) -> Iterator[Reason]:
    yield from (Reason(need.reason, need.advice) for need in needs if command in need.commands)
    others = {"archive": around.may_archive, "maintain": around.may_maintain}
    excused = command in _READING or others.get(command, False)
    if command == "maintain" and (around.tables_of is None or around.owns_database):
        excused = True
    if not around.owns_tables and not excused:
        yield Reason(
            f"The tables belong to {around.tables_of}, and {around.role} has not that role's"
            " rights.",
            f"Run it as {around.tables_of}.",
        )


def _ledger(command: str, standing: LedgerStanding) -> Iterator[Reason]:
    if standing.unreadable and command != "maintain":
        yield _of(standing.unreadable)
    if standing.refused and command == "migrate":
        yield _of(standing.refused)


def _platform(command: str, server: Server, around: ServerView, tree: SqlTree) -> Iterator[Reason]:
    if command == "migrate":
        try:
            require_uid(server, tree.auth_stub)
        except AramiError as error:
            yield _of(error)
    if command == "maintain" and not around.counts:
        yield Reason("track_counts is off.", "Turn it on; autovacuum needs it, too.")
    wanted = _COMMANDS[command]
    if around.free + 1 < wanted:
        yield Reason(
            f"It takes {wanted} connections, and the {around.limited_by}, {around.most}, leaves"
            f" {around.free + 1}.",
            "Raise it, or end sessions that nobody uses.",
        )


def _of(error: AramiError) -> Reason:
    return Reason(str(error), error.hint or "")
