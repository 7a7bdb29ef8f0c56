"""Facts, found by kind, object and property."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping

from arami_db.facts import Fact
from arami_db.facts.names import split

Properties = Mapping[str, str]


class Facts:
    """The facts of a schema, for looking up.

    Attributes:
        reach: role, object and path, of which there may be several.
    """

    def __init__(self, facts: Collection[Fact]) -> None:
        """Index the facts.

        Args:
            facts: the facts of a database.
        """
        self._found: dict[str, dict[str, dict[str, str]]] = defaultdict(dict)
        self._parts: dict[tuple[str, str], list[str]] = defaultdict(list)
        self.reach = tuple(sorted(fact[1:] for fact in facts if fact.kind == "reach"))
        for fact in sorted(facts):
            self._found[fact.kind].setdefault(fact.object, {})[fact.property] = fact.value
        for kind, objects in self._found.items():
            for name in objects:
                self._parts[kind, split(name)[0]].append(name)

    def of(self, kind: str) -> Mapping[str, Properties]:
        """The objects of a kind by name, in order."""
        return self._found.get(kind, {})

    def parts(self, kind: str, whole: str) -> Iterator[tuple[str, Properties]]:
        """The parts of a table of a kind, such as its columns.

        Args:
            kind: column, constraint, policy or trigger; or what a schema holds.
            whole: the table, or the schema.

        Yields:
            The name of each within it, and its properties.
        """
        for name in self._parts.get((kind, whole), ()):
            yield split(name)[1], self._found[kind][name]

    def held(self, kind: str, name: str, usual: Collection[str] = ()) -> frozenset[tuple[str, str]]:
        """Roles and the privileges that each holds on an object, by a grant or as its owner.

        Args:
            kind: table, column, schema, function or the like.
            name: its name.
            usual: the default privileges of its owner.
        """
        entries = self.of("grant").get(f"{kind} {name}", {})
        found = set[tuple[str, str]]()
        for entry, how in entries.items():
            if how != "revoked":
                role, _, privilege = entry.rpartition(" ")
                found.add((role, privilege))
        if owner := self.of(kind).get(name, {}).get("owner"):
            found |= {(owner, one) for one in usual if entries.get(f"owner {one}") != "revoked"}
        return frozenset(found)

    def using(self, schema: str) -> frozenset[str]:
        """The roles that may use a schema, by a grant or as its owner."""
        held = self.held("schema", schema, ("usage",))
        return frozenset(role for role, privilege in held if privilege == "usage")
