"""Views and functions that CREATE OR REPLACE cannot replace: dropped and created again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import psycopg

from arami_db.errors import RebuildError
from arami_db.plan.judging import Told, observed
from arami_db.plan.model import Observed
from arami_db.plan.state import State, read_state
from arami_db.rebuild import IRREPLACEABLE, Rebuild
from arami_db.rebuild.dropped import is_replacement, skips_what_exists
from arami_db.runner.failure import FileFailedError

if TYPE_CHECKING:
    from arami_db.files.script import Script, Statement
    from arami_db.plan.observe import Observer

_DEPENDENT = "2BP01"


def needs_rebuild(script: Script, found: Sequence[Observed]) -> bool:
    """Whether `migrate` drops the object of a file: one of views/ that was refused.

    Args:
        script: the file.
        found: what its statements did, the last of which may have failed.
    """
    if script.file.kind != "view":
        return False
    replaces = any(map(is_replacement, script.statements))
    return replaces and bool(found) and found[-1].fails in IRREPLACEABLE


def would_keep(script: Script) -> bool:
    """Whether a file of views/ must be rebuilt at once, because it would keep its object."""
    return script.file.kind == "view" and any(map(skips_what_exists, script.statements))


def rebuild(observer: Observer, scripts: Sequence[Script]) -> list[Observed]:
    """Run files of views/ in one transaction, as `migrate` does from the first that needs this.

    Args:
        observer: runs the statements.
        scripts: that file, and all that follow.

    Raises:
        psycopg.Error: the connection broke.
    """
    work = observer.sessions.work
    observer.prepare()
    watch = _Watch(observer, read_state(work))
    try:
        with work.transaction():
            rebuilding = Rebuild(work, watch.at)
            for number, script in enumerate(scripts, start=1):
                rebuilding.run(script, list(scripts[number:]))
            watch.finish()
    except FileFailedError as error:
        watch.fail(error.sqlstate, error.message)
    except RebuildError as error:
        watch.fail(_DEPENDENT, str(error))
    except psycopg.Error as error:
        if work.closed:
            raise
        watch.fail(error.sqlstate or "", str(error))
    return watch.found


class _Watch:
    """Judge each statement when the next one begins, after its dropped objects are back."""

    def __init__(self, observer: Observer, before: State) -> None:
        self._observer, self._before = observer, before
        self._present: tuple[Script, Statement] | None = None
        self.found: list[Observed] = []

    def at(self, script: Script, statement: Statement | None) -> None:
        """A statement begins; None when it has ended."""
        if statement is not None:
            self.finish()
            self._present = script, statement

    def finish(self) -> None:
        """Judge the ended statement."""
        if self._present is None:
            return
        (script, statement), self._present = self._present, None
        after = read_state(self._observer.sessions.work)
        states = self._before, after
        at = script.file, statement
        self.found.append(observed(at, states, self._observer.origin, Told()))
        self._before = after

    def fail(self, sqlstate: str, message: str) -> None:
        """The current statement failed, and with it the transaction."""
        if self._present:
            script, statement = self._present
            self.found.append(Observed(script.file, statement, fails=sqlstate, notes=(message,)))
