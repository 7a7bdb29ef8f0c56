"""Applying changed views: one transaction each, or one for all when something must be rebuilt."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import psycopg

from arami_db import ledger
from arami_db.database.connect import lost
from arami_db.database.execute import Step, run_each
from arami_db.runner.apply import Runner
from arami_db.runner.failure import FileFailedError
from arami_db.runner.session import Applied

if TYPE_CHECKING:
    from arami_db.files.script import Script


# The statements of a rebuild are sent one by one, and the transaction idles between them.
_UNHURRIED = [Step("set local idle_in_transaction_session_timeout = 0")]


class _NeedsRebuildError(Exception):
    """CREATE OR REPLACE cannot do it."""


def apply_views(runner: Runner, scripts: list[Script]) -> Iterator[Applied]:
    """Apply view files in order.

    When one of them has to drop what it replaces, it and all files after it share a transaction:
    dependants may be re-created by their own, changed files, and nobody sees the gap between.

    Raises:
        FileFailedError: a statement failed.
        RebuildError: something that cannot be re-created stands in the way.
    """
    for number, script in enumerate(scripts, start=1):
        try:
            yield _replace(runner, script, durable=number == len(scripts))
        except _NeedsRebuildError:
            yield from _rebuild(runner, scripts[number - 1 :])
            return


def _replace(runner: Runner, script: Script, *, durable: bool) -> Applied:
    from arami_db.rebuild import IRREPLACEABLE
    from arami_db.rebuild.dropped import is_replacement, skips_what_exists

    def action() -> None:
        if any(map(skips_what_exists, script.statements)):
            raise _NeedsRebuildError  # Postgres would keep what the file no longer says
        try:
            runner.transact(script, durable=durable)
        except FileFailedError as error:
            if error.sqlstate in IRREPLACEABLE and any(map(is_replacement, script.statements)):
                raise _NeedsRebuildError from error
            raise

    return runner.attempt(script, action)


def _rebuild(runner: Runner, scripts: list[Script]) -> list[Applied]:
    from arami_db.rebuild import Rebuild

    seconds: dict[int, float] = {}

    def action() -> None:
        rebuild = Rebuild(runner.connection, runner.at)
        try:
            with runner.connection.transaction():
                run_each(runner.connection, [*runner.begin(durable=True)[1:], *_UNHURRIED])
                for number, script in enumerate(scripts, start=1):
                    started = time.monotonic()
                    run_each(runner.connection, [ledger.claim(script.file)])
                    rebuild.run(script, scripts[number:])
                    run_each(runner.connection, ledger.complete(script.file))
                    seconds[script.file.version] = time.monotonic() - started
        except psycopg.Error as error:
            if runner.connection.closed:
                raise lost(error) from error
            raise FileFailedError(scripts[-1], None, error) from error

    first = runner.attempt(scripts[0], action)
    rest = [
        Applied(script.file, len(script.statements), seconds[script.file.version])
        for script in scripts[1:]
    ]
    for applied in rest:
        runner.report.applied(applied)
    return [first, *rest]
