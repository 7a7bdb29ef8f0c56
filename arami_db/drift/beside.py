"""Reporting neighbours: one finding, with the lines that declare them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable

from arami_db.drift.findings import Finding, Severity
from arami_db.drift.neighbours import KINDS, ROUTINES, Neighbours
from arami_db.drift.remedies.around import RELATIONS, Object
from arami_db.facts import Fact
from arami_db.facts.names import schema_of
from arami_db.files import SqlTree

SHARED = "public"  # the schema that other migrations use, too
_SHOWN = 5  # how many of them the message names
_REASON = "made by other migrations"  # a text to paste and to make more precise


def apart(
    findings: Iterable[Finding], beside: Neighbours, tree: SqlTree, *, paths: bool = False
) -> tuple[list[Finding], Finding | None]:
    """Combine findings that only report neighbours in public into one.

    Args:
        findings: the findings, causes and consequences separately.
        beside: the neighbours.
        tree: the SQL files; an object that one of them defines is not a neighbour.
        paths: whether to include paths to a neighbour's function that runs with other rights.

    Returns:
        The other findings, and the combined one; None without neighbours. It has no remedy: objects
        of others are not dropped.
    """
    left, of = list[Finding](), dict[Object, list[Finding]]()
    for finding in findings:
        item = beside.of(finding)
        is_kept = item is not None and leads_to_function(finding) and not paths
        if item is None or is_kept or schema_of(item[1]) != SHARED:
            left.append(finding)
        else:
            of.setdefault(item, []).append(finding)
    for item in _defined(of, tree):
        left += of.pop(item)
    return left, _stated_once(of) if of else None


def _defined(items: Collection[Object], tree: SqlTree) -> list[Object]:
    """The objects that a file defines; no file is parsed for none."""
    if not items:
        return []
    from arami_db.files.definitions import Definitions

    definitions = Definitions((*tree.migrations, *tree.views))
    return [item for item in items if definitions.place(item[1], item[0])]


def leads_to_function(finding: Finding) -> bool:
    """Whether it is a path to a function that runs with other rights than its caller's."""
    return any(f.kind == "reach" and f.property.startswith("function ") for f in finding.extra)


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
        consequences=tuple(_beside(item, of[item]) for item in items),
    )


def _beside(item: Object, found: Iterable[Finding]) -> Finding:
    """A neighbour with all findings about it."""
    facts = tuple(fact for finding in found for fact in finding.extra)
    message = f"{item[0]} {item[1]} is outside these files"
    return Finding(Severity.INTEGRITY, "facts", item[1], message, extra=facts)


def is_beside(finding: Finding) -> bool:
    """Whether a finding is the combined one about neighbours."""
    return finding.object == SHARED and not finding.extra and bool(finding.consequences)


def _runs(fact: Fact) -> bool:
    """Whether it is about a function that runs with the rights of its owner."""
    return fact[2:] == ("security", "definer")


def counted(items: Iterable[Object]) -> str:
    """The number of relations, functions and so on, as text; empty for none.

    Args:
        items: objects by kind and name; the kind is that of facts or of declarations.
    """
    words = dict.fromkeys(RELATIONS, "relation") | dict.fromkeys(ROUTINES, "function")
    numbers = Counter(words.get(kind.replace("-", " "), kind) for kind, _ in items)
    texts = [f"{n} {word}{'s' if n > 1 else ''}" for word, n in numbers.items()]
    return " and ".join(filter(None, (", ".join(texts[:-1]), *texts[-1:])))


def declared_as(kind: str) -> str:
    """The key of arami-db.toml for an object of a kind."""
    return "function" if kind in ROUTINES else kind.replace(" ", "-")


def _entry(kind: str, name: str, *, is_definer: bool) -> str:
    definer = "definer = true\n" if is_definer else ""
    written = json.dumps(name, ensure_ascii=False)  # JSON's escapes are TOML's, too
    return f'[[accept]]\n{declared_as(kind)} = {written}\n{definer}reason = "{_REASON}"'
