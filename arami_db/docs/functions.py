"""Functions, schemas and types, put together from their facts."""

from __future__ import annotations

from collections.abc import Iterable

from arami_db.docs.access import Role
from arami_db.docs.facts import Facts, Properties
from arami_db.docs.model import FunctionDoc, Schema, Type
from arami_db.docs.parts import RelationPart
from arami_db.docs.words import Code, Words
from arami_db.facts.names import head, listed, split

KINDS = ("function", "procedure", "aggregate", "window function")


def functions(facts: Facts, roles: Iterable[Role]) -> tuple[FunctionDoc, ...]:
    """Every function, procedure and aggregate, by name, but for what a range type makes itself.

    Args:
        facts: of the database.
        roles: those of the API.
    """
    found = [
        FunctionDoc(
            kind=kind,
            name=name,
            arguments=stated.get("arguments", ""),
            returns=stated.get("returns"),
            comment=stated.get("comment"),
            callers=_callers(facts, kind, name, roles),
            security=stated.get("security", "invoker"),
            language=stated.get("language", ""),
            volatility=stated.get("volatility", ""),
            settings=tuple(
                (key.removeprefix("set "), value)
                for key, value in stated.items()
                if key.startswith("set ")
            ),
            reached=tuple(
                (role, path) for role, object_, path in facts.reach if object_ == f"{kind} {name}"
            ),
            source=stated.get("source", ""),
        )
        for kind in KINDS
        for name, stated in facts.of(kind).items()
        if stated.get("language") != "internal" or head(name) not in _ranges(facts)
    ]
    return tuple(sorted(found, key=lambda one: one.name))


def _ranges(facts: Facts) -> set[str]:
    """The range types and those of several ranges; both have functions of their own name."""
    ranges = {name: one["range"] for name, one in facts.of("type").items() if "range" in one}
    return {*ranges, *(listed(parts)[1] for parts in ranges.values())}


def _callers(facts: Facts, kind: str, name: str, roles: Iterable[Role]) -> tuple[str, ...]:
    """Who may execute it and use its schema, too: as it was granted, and each role of the API."""
    owner = facts.of(kind)[name].get("owner")
    execute = {role for role, _ in facts.held(kind, name)}
    using = facts.using(split(head(name))[0])
    if "public" in using:
        return tuple(sorted(execute))
    found = using if "public" in execute else using & execute
    api = {role.name for role in roles if role.acts_as & execute and role.acts_as & using}
    return tuple(sorted((found | api) - {owner}))


def types(facts: Facts) -> tuple[Type, ...]:
    """Every type that was made as such, by name.

    Args:
        facts: of the database.
    """
    return tuple(
        Type(name, stated["kind"], stated.get("comment"), tuple(_details(facts, name, stated)))
        for name, stated in facts.of("type").items()
        if "kind" in stated
    )


def _details(facts: Facts, name: str, stated: Properties) -> list[RelationPart]:
    details = [
        RelationPart(what, (Code(stated[what]),))
        for what in ("base type", "labels", "default")
        if what in stated
    ]
    if "range" in stated:
        bound, several, *_ = listed(stated["range"])
        of: Words = ("of ", Code(bound), "; several of them are a ", Code(several))
        details.append(RelationPart("range", of))
    if "not null" in stated:
        details.append(RelationPart("not null", ("null is refused",)))
    for constraint, properties in facts.parts("constraint", name):
        if "definition" in properties:
            words: Words = (Code(properties["definition"]),)
            details.append(RelationPart(constraint, words, comment=properties.get("comment")))
    for column, properties in facts.parts("column", name):
        words = (Code(properties.get("type", "?")),)
        details.append(RelationPart(column, words, comment=properties.get("comment")))
    return details


def schemas(facts: Facts, relations: list[str], made: list[str]) -> tuple[Schema, ...]:
    """The schemas that hold something.

    Args:
        facts: of the database.
        relations: the schema of each table and view.
        made: the schema of each function.
    """
    return tuple(
        Schema(name, stated.get("comment"), relations.count(name), made.count(name))
        for name, stated in facts.of("schema").items()
        if name in {*relations, *made}
    )
