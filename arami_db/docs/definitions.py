"""Constraints, indexes and triggers as parts of a table, and foreign keys between tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from postgast import walk
from postgast.pg_query_pb2 import (
    CONSTR_CHECK,
    CONSTR_FOREIGN,
    CONSTR_PRIMARY,
    CONSTR_UNIQUE,
    RangeVar,
)

from arami_db.docs.facts import Facts, Properties
from arami_db.docs.parsing import constraint, statement, strings, text
from arami_db.docs.parts import ForeignKeyDoc, RelationPart
from arami_db.docs.predicates import in_words
from arami_db.docs.words import Code, Words, listed, plain
from arami_db.files.definitions.names import quoted

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import Constraint, CreateTrigStmt

_LONGEST = 240
_EVENTS = ((4, "insert"), (16, "update"), (8, "delete"), (32, "truncate"))
_TIMINGS = {2: "before", 0: "after", 64: "instead of"}
_ORDER = {CONSTR_PRIMARY: 0, CONSTR_UNIQUE: 1, CONSTR_FOREIGN: 2, CONSTR_CHECK: 3}


class Keys(NamedTuple):
    """A constraint of a table: its name, its definition, and its parse tree if it has one."""

    name: str
    stated: Properties
    parsed: Constraint | None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of a key, without quotes."""
        if self.parsed is None:
            return ()
        return strings(self.parsed.fk_attrs or self.parsed.keys)

    def is_a(self, kind: int) -> bool:
        """Whether it is of a kind, one of CONSTR_*."""
        return self.parsed is not None and self.parsed.contype == kind


def constraints_of(facts: Facts, table: str) -> tuple[Keys, ...]:
    """The constraints of a table: primary key, unique, foreign keys, checks, others."""
    found = [
        Keys(name, stated, constraint(stated["definition"]))
        for name, stated in facts.parts("constraint", table)
        if "definition" in stated
    ]
    return tuple(
        sorted(found, key=lambda k: (_ORDER.get(k.parsed.contype, 9) if k.parsed else 9, k.name))
    )


def parts(keys: Iterable[Keys]) -> tuple[RelationPart, ...]:
    """Constraints as parts of a table."""
    return tuple(
        RelationPart(
            key.name, what, None if _says_all(key, what) else key.stated["definition"], comment
        )
        for key in keys
        for what, comment in [(_what(key), key.stated.get("comment"))]
    )


def _says_all(key: Keys, what: Words) -> bool:
    """Whether the words cover the whole definition."""
    is_key = key.is_a(CONSTR_PRIMARY) or key.is_a(CONSTR_UNIQUE) or key.is_a(CONSTR_FOREIGN)
    has_more = re.search(r"DEFERRABLE|INCLUDE|MATCH|ON UPDATE|NO INHERIT", key.stated["definition"])
    return (is_key or len(what) > 1) and not has_more


def _what(key: Keys) -> Words:
    suffix = ", not validated" if key.stated.get("validated") == "false" else ""
    names = listed(map(quoted, key.columns))
    if key.is_a(CONSTR_PRIMARY):
        return ("primary key ", *names)
    if key.is_a(CONSTR_UNIQUE):
        alike = ", nulls alike" if key.parsed and key.parsed.nulls_not_distinct else ""
        return ("unique ", *names, alike)
    if key.is_a(CONSTR_FOREIGN):
        return ("foreign key ", *names, suffix)
    if key.is_a(CONSTR_CHECK) and key.parsed:
        words = in_words(text(key.parsed.raw_expr))
        is_short = len(plain(words)) < _LONGEST
        return ("check: ", *words, suffix) if is_short else (f"check{suffix}",)
    return (f"constraint{suffix}",)


def foreign_keys(table: str, keys: tuple[Keys, ...], nullable: set[str]) -> Iterator[ForeignKeyDoc]:
    """The foreign keys of a table.

    Args:
        table: its name.
        keys: its constraints.
        nullable: those of its columns that may be null.
    """
    unique = [set(k.columns) for k in keys if k.is_a(CONSTR_PRIMARY) or k.is_a(CONSTR_UNIQUE)]
    for key in keys:
        if not key.is_a(CONSTR_FOREIGN) or key.parsed is None:
            continue
        columns = tuple(map(quoted, key.columns))
        yield ForeignKeyDoc(
            name=key.name,
            table=table,
            columns=columns,
            target=relation(key.parsed.pktable),
            target_columns=tuple(map(quoted, strings(key.parsed.pk_attrs))),
            on_delete=_on_delete(key.parsed, columns),
            is_unique=any(one <= set(key.columns) for one in unique),
            is_optional=bool(nullable & set(columns)),
        )


def _on_delete(parsed: Constraint, columns: tuple[str, ...]) -> Words:
    """What happens to a row when the one it refers to is deleted."""
    if parsed.fk_del_action == "c":
        return ("it is deleted, too",)
    if parsed.fk_del_action in {"n", "d"}:
        changed = tuple(map(quoted, strings(parsed.fk_del_set_cols))) or columns
        value = "null" if parsed.fk_del_action == "n" else "the default"
        return (*listed(changed), f" becomes {value}")
    return ("that is refused",)


def indexes_of(facts: Facts, schema: str) -> dict[str, list[RelationPart]]:
    """The indexes of a schema's tables by table, without those that implement a constraint."""
    found = dict[str, list[RelationPart]]()
    for name, stated in facts.parts("index", schema):
        node = statement(stated.get("definition", ""))
        if node is None or not node.HasField("index_stmt"):
            continue
        parsed = node.index_stmt
        columns = stated["definition"].partition(f" USING {parsed.access_method} ")[2]
        unique = "unique " if parsed.unique else ""
        words: Words = (f"{unique}{parsed.access_method} ", Code(columns))
        if stated.get("valid") == "false":
            words = (*words, ", not valid")
        part = RelationPart(name, words, comment=stated.get("comment"))
        found.setdefault(relation(parsed.relation), []).append(part)
    return found


def trigger(name: str, stated: Properties) -> RelationPart:
    """A trigger as part of a table."""
    node = statement(stated.get("definition", ""))
    state = f", {stated['enabled']}" if "enabled" in stated else ""
    words: Words = ("trigger", state)
    if node and node.HasField("create_trig_stmt"):
        parsed = node.create_trig_stmt
        function = ".".join(map(quoted, strings(parsed.funcname)))
        words = (_when(parsed), " calls ", Code(f"{function}()"), state)
        if not (parsed.HasField("when_clause") or parsed.args or parsed.columns):
            return RelationPart(name, words, comment=stated.get("comment"))
    return RelationPart(name, words, stated.get("definition"), stated.get("comment"))


def _when(parsed: CreateTrigStmt) -> str:
    events = " or ".join(word for bit, word in _EVENTS if parsed.events & bit)
    each = "row" if parsed.row else "statement"
    return f"{_TIMINGS.get(parsed.timing, 'on')} {events}, for each {each},"


def read_by(query: str | None, names: set[str]) -> tuple[str, ...]:
    """The known tables and views in a query.

    Args:
        query: the definition of a view; None where there is none.
        names: the known ones.
    """
    node = statement(query) if query else None
    found = {relation(one) for _, one in walk(node) if isinstance(one, RangeVar)} if node else set()
    return tuple(sorted(found & names))


def relation(named: RangeVar) -> str:
    """The name of a relation as facts write it."""
    return ".".join(quoted(part) for part in (named.schemaname, named.relname) if part)
