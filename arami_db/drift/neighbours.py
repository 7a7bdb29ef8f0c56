"""Neighbours: whole objects that are there and that the files do not make, with all their own.

An application's other migrations put tables, views, functions and types into public. That they are
there is no difference of our schema. What they do to it is none of their own: a trigger on one of
our tables, a child of it, a way into it, a function called like one of ours.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from arami_db.drift.findings import Finding, Severity
from arami_db.drift.remedies.around import PARTS, RELATIONS, Around, Object, by_object, sent
from arami_db.drift.remedies.causes import target_of
from arami_db.drift.remedies.names import head, schema_of, split
from arami_db.facts import Fact

ROUTINES = ("function", "procedure", "aggregate", "window function")
KINDS = (*RELATIONS, "sequence", *ROUTINES, "type")
SHARED = "public"  # the schema that others put their objects into
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
_TRIGGER = re.compile(r"trigger of [^,]+,")
_SHOWN = 5  # of many, named in the sentence
_REASON = "made by other migrations"  # to be pasted, and to be made more precise


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

    def _is_one(self, item: Object) -> bool:
        kind, name = item
        called = head(name) if kind in ROUTINES else name
        is_renamed = name in {
            now for (of, _), now in self._around.renamed.items() if of == kind
        }
        return self._around.is_extra(item) and called not in self._names and not is_renamed

    @cached_property
    def _around(self) -> Around:
        return Around(by_object(self.expected), by_object({*self.expected, *self.extra}))

    @cached_property
    def _names(self) -> set[str]:
        """What the schema calls its own: nobody else's may be called so."""
        return {head(f.object) if f.kind in ROUTINES else f.object for f in self.expected}

    @cached_property
    def _fired(self) -> set[Fact]:
        """What the triggers of the schema's own tables call, of whichever table."""
        return {
            fact._replace(value=_TRIGGER.sub("trigger of,", fact.value))
            for fact in self.expected
            if fact.kind == "reach" and _TRIGGER.match(fact.value)
        }

    @cached_property
    def _all(self) -> set[Object]:
        return {f[:2] for f in self.extra if f.kind in KINDS and self._is_one(f[:2])}

    def _whole(self, name: str | None, kinds: Iterable[str]) -> Object | None:
        return next(((k, name) for k in kinds if name and (k, name) in self._all), None)

    def _relation(self, name: str | None) -> Object | None:
        return self._whole(name, (*RELATIONS, "type"))

    def _owner(self, fact: Fact) -> Object | None:
        """The neighbour that a fact is of."""
        kind, name, key, value = fact
        if kind == "grant":
            return self._granted(*target_of(name))
        if kind == "reach":
            return self._reached(fact)
        if kind == "publication":
            return self._relation(key.removeprefix("table ")) if key.startswith("table ") else None
        if kind == "sequence":
            return self._sequence(name)
        if kind in PARTS:
            return None if kind == "rule" else self._relation(self._around.relation_of(kind, name))
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
        """What is granted on itself, or on its parent; or what its triggers call, as ours do."""
        _, _, reached, path = fact
        if fired := _TRIGGER.match(path):
            is_known = fact._replace(value=_TRIGGER.sub("trigger of,", path)) in self._fired
            return self._relation(fired[0][len("trigger of ") : -1]) if is_known else None
        parent = path.removeprefix("parent ") if path.startswith("parent ") else None
        is_own = self._relation(parent) if parent else _DIRECT.fullmatch(path)
        return self._relation(reached.removeprefix("table ")) if is_own else None


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


def apart(
    findings: Iterable[Finding], beside: Neighbours
) -> tuple[list[Finding], Finding | None]:
    """Put what only says that there are neighbours in public into one finding.

    Args:
        findings: those that are left, each cause and consequence for itself.
        beside: the neighbours.

    Returns:
        The others, and that one; None where there are no neighbours. It has no remedy: what is
        somebody else's is not dropped.
    """
    left, of = list[Finding](), dict[Object, list[Finding]]()
    for finding in findings:
        item = beside.of(finding)
        if item is None or schema_of(item[1]) != SHARED:
            left.append(finding)
        else:
            of.setdefault(item, []).append(replace(finding, remedy=None, advice=None))
    return left, _stated_once(of) if of else None


def _stated_once(of: dict[Object, list[Finding]]) -> Finding:
    items = sorted(of, key=lambda item: (KINDS.index(item[0]), item[1]))
    names = [name for _, name in items]
    more = f", and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    definers = {f.object for found in of.values() for one in found for f in one.extra if _runs(f)}
    return Finding(
        Severity.INTEGRITY,
        "facts",
        SHARED,
        f"{counted(items)} outside these files: {', '.join(names[:_SHOWN])}{more}",
        advice="Declare them in arami-db.toml, each with its reason:\n"
        + "\n".join(_entry(kind, name, is_definer=name in definers) for kind, name in items),
        consequences=tuple(finding for item in items for finding in of[item]),
    )


def _runs(fact: Fact) -> bool:
    """Whether it says that a function runs with the rights of its owner."""
    return fact[2:] == ("security", "definer")


def counted(items: Iterable[Object]) -> str:
    """How many relations, functions and so on there are, in words."""
    words = {kind: "relation" for kind in RELATIONS} | {kind: "function" for kind in ROUTINES}
    numbers = Counter(words.get(kind, kind) for kind, _ in items)
    texts = [f"{n} {word}{'s' if n > 1 else ''}" for word, n in numbers.items()]
    return " and ".join(filter(None, (", ".join(texts[:-1]), texts[-1])))


def declared_as(kind: str) -> str:
    """The key of arami-db.toml for an object of a kind."""
    return "function" if kind in ROUTINES else kind.replace(" ", "-")


def _entry(kind: str, name: str, *, is_definer: bool) -> str:
    definer = "definer = true\n" if is_definer else ""
    written = json.dumps(name, ensure_ascii=False)  # JSON's escapes are TOML's, too
    return f'[[accept]]\n{declared_as(kind)} = {written}\n{definer}reason = "{_REASON}"'
