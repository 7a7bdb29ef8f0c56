"""The file that reverts a migration, as a person would write it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from textwrap import wrap
from typing import TYPE_CHECKING

from arami_db.drift.order import runs_alone

if TYPE_CHECKING:
    from arami_db.files.script import Script

_WIDTH = 100
_INDEX = re.compile(
    r"(?P<what>CREATE(?: UNIQUE)? INDEX|drop index)(?: if exists)? (?=.)", re.IGNORECASE
)


def text_of(stem: str, script: Script, statements: Sequence[str], stays: Sequence[str]) -> str:
    """The text of the file.

    It builds or drops indexes CONCURRENTLY where the migration did, if it does nothing else.

    Args:
        stem: the name of the file, without its suffix.
        script: the migration to revert.
        statements: those that revert it, in order.
        stays: what stays, a line each.
    """
    alone = not script.in_transaction and all(
        _INDEX.match(sql) and sql.count(";") == 1 for sql in statements
    )
    head = [f"-- {stem}: reverts {script.file.title}."]
    head += _comment(
        f"Why: `arami-db new --undo {script.file.version}` wrote this and tried it: on a database"
        " without rows, the result is the schema of the files without that migration."
    )
    head += ["-- arami: no-transaction"] if alone else []
    if stays:
        head += ["--", *_comment("What is dropped, stays, or does not come back:")]
        head += [line for one in stays for line in _comment(f"- {one}", "  ")]
    made = [_concurrently(sql) if alone else sql for sql in statements]
    return "\n".join(head) + "\n\n" + "\n".join(made) + "\n"


def _comment(text: str, indent: str = "") -> list[str]:
    lines = wrap(text, _WIDTH - 3, subsequent_indent=indent, break_long_words=False)
    return [f"-- {line}" for line in lines]


def _concurrently(sql: str) -> str:
    if runs_alone(sql):
        return sql
    return _INDEX.sub(lambda found: f"{found['what']} concurrently ", sql, count=1)
