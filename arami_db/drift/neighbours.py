"""Neighbours: whole objects that are there and that the files do not make, with all their own.

An application's other migrations put tables, views, functions and types into public. That they are
there is no difference of our schema. What they do to it is none of their own: a trigger on one of
our tables, a child of it, a way into it, a function called like one of ours.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from arami_db.drift.findings import Finding
from arami_db.drift.remedies.around import PARTS, RELATIONS, Object, Sides, by_object, sent
from arami_db.drift.remedies.causes import target_of
from arami_db.facts import Fact
from arami_db.facts.names import head, schema_of, split, unquoted

ROUTINES = ("function", "procedure", "aggregate", "window function")
KINDS = (*RELATIONS, "sequence", *ROUTINES, "type")
# Of a relation itself. What it inherits is a way into another.
_OWN = {"columns", "comment", "owner", "definition", "populated", "persistence", "composite"} | {
    *("row level security", "force row level security", "replica identity", "partition key"),
    *("partition bound", "of type", "tablespace", "access method", "foreign server"),
}
# A path through nothing else, to all of a relation or to one column.
_DIRECT = re.compile(
    r"(?:select|insert|update|delete|truncate)"
    r'(?: \((?:"(?:[^"]|"")*"|[^"() ]+)\))? granted to (?:"(?:[^"]|"")*"|[^", ]+)'
)
# What calls a function that runs with other rights: somebody by its name, or the use of a relation.
_CALLED = re.compile(r'execute granted to (?:"(?:[^"]|"")*"|[^", ]+), ')
_FIRED = re.compile(r'(?:trigger|policy|default|constraint|view) of ((?:"(?:[^"]|"")*"|[^", ])+), ')


@dataclass(frozen=True)
class Neighbours:
    """What a database has beside the schema.

    Attributes:
        expected: the facts of the schema.
        extra: the facts that are there besides.
    """

    expected: Collection[Fact]
    extra: Collection[Fact]

    def of(self, finding: Finding) -> Object | None:
        """The neighbour whose own a finding is, to the last fact; None where there is none.

        Args:
            finding: any, for itself.
        """
        if finding.source != "facts" or finding.missing or not finding.extra:
            return None
        owners = {self._owner(fact) for fact in _stated(finding.extra)}
        return owners.pop() if len(owners) == 1 else None

    @property
    def tables(self) -> frozenset[tuple[str, str]]:
        """The tables among them, by schema and name as they are, without quotes."""
        names = (split(name) for kind, name in self._all if kind == "table")
        return frozenset((unquoted(schema), unquoted(name)) for schema, name in names)

    def _is_one(self, item: Object) -> bool:
        kind, name = item
        called = head(name) if kind in ROUTINES else name
        is_renamed = name in {now for (of, _), now in self._around.renamed.items() if of == kind}
        brought = any(key.startswith("member of ") for key in self._around.actual.get(item, ()))
        return (
            not brought
            and self._around.is_extra(item)
            and called not in self._names
            and not is_renamed
        )

    @cached_property
    def _around(self) -> Sides:
        return Sides(by_object(self.expected), by_object({*self.expected, *self.extra}))

    @cached_property
    def _names(self) -> set[str]:
        """What the schema calls its own: nobody else's may be called so."""
        return {head(f.object) if f.kind in ROUTINES else f.object for f in self.expected}

    @cached_property
    def _fired(self) -> set[Fact]:
        """What the triggers of the schema's own tables call, of whichever table."""
        return {_anywhere(f) for f in self.expected if f.kind == "reach" and _by_trigger(f)}

    @cached_property
    def _all(self) -> set[Object]:
        return {f[:2] for f in self.extra if f.kind in KINDS and self._is_one(f[:2])}

    def _whole(self, name: str | None, kinds: Iterable[str]) -> Object | None:
        return next(((k, name) for k in kinds if name and (k, name) in self._all), None)

    def _elsewhere(self, kind: str, name: str) -> Object | None:
        """What lies in a schema of which the facts say no more than how people come to it."""
        return None if schema_of(name) in self._schemas else (kind, name)

    @cached_property
    def _schemas(self) -> set[str]:
        """Those that the facts state."""
        return {schema_of(f.object) for f in self.expected if f.kind in KINDS} | {"public"}

    def _relation(self, name: str | None) -> Object | None:
        return self._whole(name, (*RELATIONS, "type"))

    def _owner(self, fact: Fact) -> Object | None:
        """The neighbour that a fact is of."""
        kind, name, key, _ = fact
        if kind == "grant":
            return self._granted(*target_of(name))
        if kind == "reach":
            return self._reached(fact)
        if kind == "sequence":
            return self._sequence(name)
        if kind in PARTS:
            return None if kind == "rule" else self._relation(self._around.relation_of(kind, name))
        return self._itself(kind, name, key)

    def _itself(self, kind: str, name: str, key: str) -> Object | None:
        """What a property is of; of a publication, the table that it sends."""
        if kind == "publication":
            return self._relation(key.removeprefix("table ")) if key.startswith("table ") else None
        found = self._whole(name, [kind])
        if kind in RELATIONS and not (key in _OWN or key.startswith("option ")):
            is_beside = key.startswith("inherits ") and self._relation(key.split(" ", 1)[1])
            return found if is_beside else None
        return found

    def _granted(self, kind: str, name: str) -> Object | None:
        if kind == "sequence":
            return self._sequence(name)
        if kind == "column":
            return self._relation(split(name)[0])
        return self._relation(name) if kind == "type" else self._whole(name, [kind])

    def _sequence(self, name: str) -> Object | None:
        """The table whose column a sequence is for, else itself."""
        owned = self._around.actual.get(("sequence", name), {}).get("owned by")
        column = self._around.identity_of(name) or owned
        return self._relation(split(column)[0]) if column else self._whole(name, ["sequence"])

    def _reached(self, fact: Fact) -> Object | None:
        """What is granted on itself, or on its parent; a function that only neighbours call."""
        _, _, reached, path = fact
        fired = _FIRED.match(path)
        relation = self._relation(fired[1]) or self._elsewhere("table", fired[1]) if fired else None
        if reached.startswith("function "):
            name = reached.removeprefix("function ")
            function = self._whole(name, ROUTINES) or self._elsewhere("function", name)
            if function is None:  # of the schema: what its own tables' triggers call
                return relation if _by_trigger(fact) and _anywhere(fact) in self._fired else None
            return function if relation or _CALLED.match(path) else None
        parent = path.removeprefix("parent ") if path.startswith("parent ") else None
        is_own = self._relation(parent) if parent else _DIRECT.fullmatch(path)
        return self._relation(reached.removeprefix("table ")) if is_own else None


def _by_trigger(fact: Fact) -> bool:
    return fact.value.startswith("trigger of ")


def _anywhere(fact: Fact) -> Fact:
    """A path by a trigger of whichever table."""
    return fact._replace(value=_FIRED.sub("trigger, ", fact.value))


def neighbours_of(findings: Iterable[Finding], expected: Collection[Fact]) -> Neighbours:
    """The neighbours that all findings of a comparison speak of.

    Args:
        findings: all of them, each cause and consequence for itself.
        expected: the facts of the schema.
    """
    return Neighbours(expected, {fact for finding in findings for fact in finding.extra})


def _stated(facts: Iterable[Fact]) -> Iterator[Fact]:
    """The facts, of a publication only those that say what it sends."""
    for fact in facts:
        if fact.kind != "publication" or sent([fact]):
            yield fact
