"""The file that takes a migration back, as a person would have written it."""

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

    What only makes or drops indexes does so beside readers and writers, where the migration did.

    Args:
        stem: the name of the file, without its suffix.
        script: the migration that is taken back.
        statements: what takes it back, in order.
        stays: what stays, a line each.
    """
    alone = not script.in_transaction and all(
        _INDEX.match(sql) and sql.count(";") == 1 for sql in statements
    )
    head = [f"-- {stem}: takes {script.file.title} back."]
    head += _comment(
        f"Why: `arami-db new --undo {script.file.version}` wrote this and tried it: on a database"
        " without rows, the schema is what the files come to without that migration."
    )
    head += ["-- arami: no-transaction"] if alone else []
    if stays:
        head += ["--", *_comment("What goes, stays, or does not come back:")]
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
