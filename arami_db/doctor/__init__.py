"""Examining a server before anything is run there: what works, what does not, why, and the cure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from arami_db import administrator
from arami_db.administrator import Need
from arami_db.database.connect import Connection
from arami_db.database.server import Server, inspect
from arami_db.doctor.reading import (
    Extension,
    ServerSetting,
    ServerView,
    read_around,
    read_extensions,
)
from arami_db.doctor.reading import read_settings as settings_of
from arami_db.doctor.standing import LedgerStanding, read_standing
from arami_db.doctor.verdicts import Verdict, verdicts
from arami_db.files import SqlTree

__all__ = [
    "Diagnosis",
    "Extension",
    "LedgerStanding",
    "ServerSetting",
    "ServerView",
    "Verdict",
    "diagnose",
]


@dataclass(frozen=True)
class Diagnosis:
    """What was found.

    Attributes:
        server: where the connection leads.
        around: the role, the database and its connections.
        skew: by how much the server's clock is ahead of ours.
        extensions: those that the files make, and the one that monitoring reads.
        settings: those that bear on the work.
        standing: the ledger beside the files.
        verdicts: each command, and why it does not work.
        needs: what an administrator has to run.
    """

    server: Server
    around: ServerView
    skew: timedelta
    extensions: tuple[Extension, ...]
    settings: tuple[ServerSetting, ...]
    standing: LedgerStanding
    verdicts: tuple[Verdict, ...]
    needs: tuple[Need, ...]

    @property
    def well(self) -> bool:
        """Whether every command works, or will after those before it, and verify finds nothing."""
        return not (self.needs or any(verdict.reasons for verdict in self.verdicts))


def diagnose(connection: Connection, tree: SqlTree) -> Diagnosis:
    """Examine a server; nothing is written, and the right to connect is enough.

    Args:
        connection: idle; to a standby or through a pooler if need be.
        tree: the SQL files that are to be run there.

    Raises:
        RefusedFileError: a file cannot be read.
        QueryFailedError: a check of the environment failed.
        ConnectionFailedError: the connection broke.
    """
    server = inspect(connection)
    around, skew = read_around(connection)
    standing = read_standing(connection, tree)
    needs = administrator.needs(connection, tree, server)
    return Diagnosis(
        server,
        around,
        skew,
        read_extensions(connection, administrator.extensions(tree)),
        settings_of(connection),
        standing,
        verdicts(server, around, standing, needs, tree),
        needs,
    )
