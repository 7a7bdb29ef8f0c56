"""The parts of a plan."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from arami_db.files.effects import Effect

if TYPE_CHECKING:
    from arami_db.files import SqlFile
    from arami_db.files.script import Statement


@dataclass(frozen=True)
class Observed:
    """What one statement did on the throw-away database.

    Relations are those that existed before the first pending file, by their name when the statement
    began: nobody uses yet what the files create.

    Attributes:
        file: where it is from.
        statement: the statement.
        locks: the strongest on each relation while it ran, including earlier ones of the file.
        takes: the relations whose readers or writers it blocked itself.
        blocks_reads, blocks_writes: relations whose readers or writers are blocked while it runs.
        rewritten: tables and materialized views whose heap got a new file.
        rebuilt: indexes that were built again, or built on an existing table.
        scanned: tables read in full, or to an unknown extent.
        changed: tables whose rows were changed in bulk.
        loses: tables that lost rows or columns, or are gone.
        breaks: what it dropped or renamed that others may use, in words.
        fails: the SQLSTATE; None where it ran.
        safer: SQL with the same result that blocks nobody for long; None where there is none.
        notes: further remarks.
    """

    file: SqlFile
    statement: Statement
    locks: dict[str, str] = field(default_factory=dict)
    takes: frozenset[str] = frozenset()
    blocks_reads: tuple[str, ...] = ()
    blocks_writes: tuple[str, ...] = ()
    rewritten: tuple[str, ...] = ()
    rebuilt: tuple[str, ...] = ()
    scanned: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    loses: tuple[str, ...] = ()
    breaks: tuple[str, ...] = ()
    fails: str | None = None
    safer: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def line(self) -> int:
        """Where it begins in its file, from 1."""
        return self.file.place(self.statement.offset)[0]

    @property
    def effect(self) -> Effect:
        """Its class: the first that fits."""
        is_long = bool(self.scanned or self.changed or self.rebuilt)
        found = {
            Effect.FAILS: self.fails is not None,
            Effect.DATA_LOSS: bool(self.loses),
            Effect.REWRITE: bool(self.rewritten),
            Effect.LONG_READ_WRITE_BLOCK: is_long and bool(self.blocks_reads),
            Effect.LONG_WRITE_BLOCK: is_long and bool(self.blocks_writes),
            Effect.BRIEF: bool(self.takes),
        }
        return next((effect for effect, fits in found.items() if fits), Effect.NONE)

    @property
    def concerned(self) -> tuple[str, ...]:
        """The relations because of which it has its class."""
        by_effect = {
            Effect.DATA_LOSS: self.loses,
            Effect.REWRITE: self.rewritten,
            Effect.LONG_READ_WRITE_BLOCK: self.blocks_reads,
            Effect.LONG_WRITE_BLOCK: self.blocks_writes,
            Effect.BRIEF: tuple(sorted(self.takes)),
        }
        return by_effect.get(self.effect, tuple(self.locks))
