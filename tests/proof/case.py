"""The corpus: schemas that leak, their twins that do not, and how each is shown to do so.

A case of cases/*.sql starts with `-- == leak NAME: OBJECT`, `-- == oracle NAME: OBJECT` or
`-- == good NAME`, and a line that says why. Its schema follows, then parts that show it true:

    -- alone             it may not share a database with others
    -- rows              what stands in it, made with full rights
    -- attack [as anon] [with CLAIMS]   what A tries; each statement may fail, none may end it
    -- harm              a query that finds rows when something of B's was changed
    -- works [with CLAIMS]   what A must be able to do: it returns rows

`here` is a schema: public, or one of the case's own where many share a database. `:a` and `:b` are
the accounts of A and B, `:a_mail` and `:b_mail` their addresses. What only B may read says
"secret".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

Kind = Literal["leak", "oracle", "good"]
A, B = "aaaaaaaa-0000-4000-8000-00000000000a", "bbbbbbbb-0000-4000-8000-00000000000b"
_VALUES = {"a": A, "b": B, "a_mail": "a@example.org", "b_mail": "b@example.net"}
_HEAD = re.compile(r"^-- == (leak|oracle|good) (\w+)(?:: ([\w.]+))?\n-- (.*)\n", re.MULTILINE)
_PART = re.compile(
    r"^-- (alone|rows|attack|harm|works)(?: as (anon))?(?: with (\{.*\}))?\n", re.MULTILINE
)


@dataclass(frozen=True)
class Part:
    """A piece of a case.

    Attributes:
        what: rows, attack, harm or works.
        role: who runs it, where somebody attacks or works.
        claims: what A's token holds besides sub and role, as JSON.
        sql: its statements.
    """

    what: str
    role: str
    claims: str
    sql: str


@dataclass(frozen=True)
class Case:
    """A schema, and what is true of it.

    Attributes:
        kind: leak, oracle (a leak of existence only) or good.
        name: its name; a leak and its twin have the same.
        object: the table, view or function that leaks; empty for a good one.
        why: what is wrong or right with it.
        schema: its SQL.
        parts: what shows it.
        alone: it may not share a database with others.
        file: what it is written in.
    """

    kind: Kind
    name: str
    object: str
    why: str
    schema: str
    parts: tuple[Part, ...]
    alone: bool
    file: str

    @property
    def id(self) -> str:
        """Kind and name."""
        return f"{self.kind}_{self.name}"

    @property
    def is_bare(self) -> bool:
        """Whether it does without the accounts and notes of the base."""
        return "public." not in "".join([self.schema, *(part.sql for part in self.parts)])

    def placed(self, sql: str, schema: str = "public") -> str:
        """SQL of this case with `here` and the accounts replaced."""
        sql = re.sub(r"\bhere(?=\b|_)", schema, sql)
        return re.sub(r"(?<![:\w]):(\w+)\b", _value, sql)


def read(folder: Path) -> tuple[Case, ...]:
    """The cases of a folder's files, in the order of their names."""
    return tuple(made for file in sorted(folder.glob("*.sql")) for made in _cases(file))


def _cases(file: Path) -> list[Case]:
    text = file.read_text()
    heads = list(_HEAD.finditer(text))
    ends = [head.start() for head in heads[1:]] + [len(text)]
    pairs = zip(heads, ends, strict=True)
    return [_case(head, text[head.end() : end], file.stem) for head, end in pairs]


def _case(head: re.Match[str], text: str, file: str) -> Case:
    kind, name, leaking, why = head.groups()
    alone = "\n-- alone\n" in f"\n{text}"
    marks = list(_PART.finditer(text := re.sub(r"^-- alone\n", "", text, flags=re.MULTILINE)))
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    parts = [
        Part(mark[1], mark[2] or "authenticated", mark[3] or "{}", text[mark.end() : end])
        for mark, end in zip(marks, ends, strict=True)
    ]
    schema = text[: marks[0].start()] if marks else text
    return Case(cast("Kind", kind), name, leaking or "", why, schema, tuple(parts), alone, file)


def _value(found: re.Match[str]) -> str:
    return f"'{_VALUES[found[1]]}'" if found[1] in _VALUES else found[0]
