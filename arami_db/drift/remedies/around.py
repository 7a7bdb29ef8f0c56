"""What should be and what is, object by object: what a remedy must know besides its own object."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from arami_db.drift.remedies.names import mentions, relation_in, replaced, sequence_of
from arami_db.facts import Fact
from arami_db.facts.names import head, schema_of, split

Object = tuple[str, str]  # kind and name
Properties = Mapping[str, str]
Objects = Mapping[Object, Properties]

RELATIONS = ("table", "view", "materialized view", "foreign table")
PARTS = ("column", "constraint", "index", "trigger", "rule", "policy", "statistics")  # of those
# What Postgres keeps in terms of other objects, and writes out with their names.
_DEEP = ("definition", "using", "with check", "default", "arguments", "function")
COMPILED = ("BEGIN ATOMIC", "RETURN ")  # so begin bodies that it keeps likewise
# What a renamed object must have in common with what it was.
_TOLD_BY = {"table": ("columns",), "column": ("type",)}


_SENT = ("table ", "schema ", "all tables")


def sent(facts: Iterable[Fact]) -> list[str]:
    """What facts of a publication say that it sends."""
    keys = (fact.property for fact in facts if fact.kind == "publication")
    return [key.removeprefix("table ") for key in keys if key.startswith(_SENT)]


def by_object(facts: Iterable[Fact]) -> dict[Object, dict[str, str]]:
    """The properties of each object; of one that is stated several times, all values."""
    objects: dict[Object, dict[str, str]] = defaultdict(dict)
    for kind, name, key, value in sorted(facts):
        known = objects[kind, name].get(key)
        objects[kind, name][key] = f"{known}, {value}" if known else value
    return dict(objects)


@dataclass(frozen=True)
class Sides:
    """The two sides of a comparison, and the roles of the database at hand.

    Attributes:
        wanted: the objects that should be.
        actual: the objects that are.
        owner: the role that facts call "owner", as SQL writes it.
        api: the API's roles that are there: what is made anew is taken from them first.
    """

    wanted: Objects
    actual: Objects
    owner: str = "current_user"
    api: tuple[str, ...] = ()

    def role(self, label: str) -> str:
        """A role as SQL names it, from what a fact calls it."""
        return self.owner if label == "owner" else label

    def is_missing(self, item: Object) -> bool:
        """Whether an object should be and is not."""
        return item in self.wanted and item not in self.actual

    def is_extra(self, item: Object) -> bool:
        """Whether an object is and should not be."""
        return item in self.actual and item not in self.wanted

    @cached_property
    def missing(self) -> Mapping[str, list[str]]:
        """The names of what is missing, by kind."""
        found: dict[str, list[str]] = defaultdict(list)
        for item in self.wanted:
            if self.is_missing(item):
                found[item[0]].append(item[1])
        return found

    @cached_property
    def missing_columns(self) -> Mapping[str, list[str]]:
        """The columns that are missing, by their table, where that is there."""
        found: dict[str, list[str]] = defaultdict(list)
        for table, last in map(split, self.missing["column"]):
            if ("table", table) in self.actual:
                found[table].append(last)
        return found

    def parts(self, relation: str, kind: str) -> list[str]:
        """The names of a relation's parts of a kind, as they should be."""
        return self._parts.get((relation, kind), [])

    @cached_property
    def _parts(self) -> Mapping[tuple[str | None, str], list[str]]:
        found: dict[tuple[str | None, str], list[str]] = defaultdict(list)
        for kind, name in self.wanted:
            found[self.relation_of(kind, name), kind].append(name)
        return found

    @cached_property
    def grants(self) -> list[str]:
        """What should be granted on."""
        return [name for kind, name in self.wanted if kind == "grant"]

    def relation_of(self, kind: str, name: str) -> str | None:
        """The relation (or domain) that an object is part of."""
        if kind not in PARTS:
            return None
        if kind not in {"index", "statistics"}:
            return split(name)[0]
        either = self.wanted.get((kind, name)) or self.actual.get((kind, name), {})
        found = relation_in(kind, either.get("definition", ""))
        return found or split(self.constraint_of(name) or "")[0]

    def constraint_of(self, index: str) -> str | None:
        """The constraint that an index is there for."""
        schema, last = split(index)
        return self._constraints.get((schema, last))

    @cached_property
    def _constraints(self) -> dict[tuple[str, str], str]:
        keys = ("PRIMARY KEY", "UNIQUE", "EXCLUDE")
        return {
            (schema_of(name), split(name)[1]): name
            for side in (self.actual, self.wanted)
            for (kind, name), properties in side.items()
            if kind == "constraint" and properties.get("definition", "").startswith(keys)
        }

    def identity_of(self, sequence: str) -> str | None:
        """The column whose identity a sequence is."""
        return self._identities.get(sequence)

    @cached_property
    def _identities(self) -> dict[str, str]:
        return {
            sequence_of(name): name
            for side in (self.actual, self.wanted)
            for (kind, name), properties in side.items()
            if kind == "column" and "identity" in properties
        }

    def dependents(self, name: str) -> list[str]:
        """The objects that should be, are, and would keep one from being dropped."""
        return [
            f"{kind} {other}"
            for (kind, other), properties in self.actual.items()
            if other != name
            and (kind, other) in self.wanted
            and not other.startswith(f"{name}.")
            and any(
                mentions(value, name)
                for key, value in properties.items()
                if key in _DEEP or (key == "source" and value.startswith(COMPILED))
            )
        ]

    @cached_property
    def renamed(self) -> dict[Object, str]:
        """What is missing, with the name of what is there instead and is alike but for its name."""
        extra: dict[str, list[str]] = defaultdict(list)
        for kind, name in self.actual:
            if self.is_extra((kind, name)):
                extra[kind].append(name)
        pairs = {
            item: [name for name in extra[item[0]] if self._is_alike(item, name)]
            for item in self.wanted
            if item not in self.actual and item[0] in extra
        }
        chosen = [name for names in pairs.values() for name in names]
        return {
            (kind, name): names[0]
            for (kind, name), names in pairs.items()
            if len(names) == 1 and chosen.count(names[0]) == 1
        }

    def _is_alike(self, item: Object, other: str) -> bool:
        kind, name = item
        before, after = head(name), head(other)
        if kind in {"grant", "default privilege"} or split(before)[0] != split(after)[0]:
            return False
        if name.removeprefix(before) != other.removeprefix(after):
            return False
        if kind == "column" and self._place(self.wanted, name) != self._place(self.actual, other):
            return False
        was, now = self.wanted[item], self.actual[kind, other]
        names = split(after)[1], split(before)[1]
        keys = _TOLD_BY.get(kind, tuple({*was, *now} - {"comment"}))
        return bool(keys) and all(
            was.get(key) == (replaced(now[key], *names) if key in now else None) for key in keys
        )

    def _place(self, side: Objects, column: str) -> tuple[int, int] | str:
        """How many columns there are, and which of them this one is."""
        table, last = split(column)
        for kind in ("table", "foreign table"):
            names = side.get((kind, table), {}).get("columns", "").split(", ")
            if last in names:
                return len(names), names.index(last)
        return column
