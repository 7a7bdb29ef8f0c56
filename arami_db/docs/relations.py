"""Tables and views, put together from their facts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from postgast.pg_query_pb2 import CONSTR_FOREIGN, CONSTR_PRIMARY, CONSTR_UNIQUE

from arami_db.docs import definitions
from arami_db.docs.access import COMMANDS, Role
from arami_db.docs.definitions import Keys
from arami_db.docs.facts import Facts, Properties
from arami_db.docs.model import RelationDoc
from arami_db.docs.parsing import statement
from arami_db.docs.parts import ColumnDoc, ForeignKeyDoc, RelationPart, Structure
from arami_db.docs.rights import access_of, policies_of
from arami_db.docs.words import Code, Words
from arami_db.docs.words import listed as named
from arami_db.facts.names import listed, split, unquoted
from arami_db.files.definitions.names import quoted

Structures = Mapping[tuple[str, str], Structure]
_BY_CALLER = "Shows each caller the rows that its tables let them read."
_BY_OWNER = "Shows every caller the rows that its owner may read."
_NOTED = {
    "force row level security": "Its owner is held to the policies, too: ",
    "partition key": "Partitioned by ",
    "partition bound": "It holds the rows ",
    "foreign server": "On the foreign server ",
    "persistence": "Its persistence is ",
}
KINDS = ("table", "foreign table", "view", "materialized view")


def relations(
    facts: Facts,
    constraints: Mapping[str, tuple[Keys, ...]],
    structures: Structures,
    roles: tuple[Role, ...],
    takes: Mapping[str, Collection[str]],
) -> tuple[RelationDoc, ...]:
    """Every table and view, by name.

    Args:
        facts: of the database.
        constraints: those of each table.
        structures: what JSON columns accept, by table and column.
        roles: the roles to show rights of.
        takes: the commands that each view supports.
    """
    schemas = {split(name)[0] for kind in KINDS for name in facts.of(kind)}
    indexes = dict[str, list[RelationPart]]()
    for schema in schemas:
        indexes |= definitions.indexes_of(facts, schema)
    found = []
    for kind in KINDS:
        for name, stated in facts.of(kind).items():
            keys = constraints.get(name, ())
            made = _relation(facts, kind, name, keys, structures)
            policies, rules, own = policies_of(facts, name)
            ways, access = access_of(facts, (kind, name), roles, rules, takes.get(name, COMMANDS))
            kept = {key.name for key in keys}
            made = replace(
                made,
                own=own,
                notes=_notes(kind, stated, has_policies=bool(policies)) + _parts(facts, name),
                policies=policies,
                access=access,
                ways=ways,
                indexes=tuple(one for one in indexes.get(name, ()) if one.name not in kept),
            )
            found.append(made)
    return _related(sorted(found, key=lambda one: one.name))


def _relation(
    facts: Facts, kind: str, name: str, keys: tuple[Keys, ...], structures: Structures
) -> RelationDoc:
    stated = facts.of(kind)[name]
    columns = tuple(
        _column(name, column, facts.of("column").get(f"{name}.{column}", {}), keys, structures)
        for column in _order(facts, name, stated)
    )
    nullable = {column.name for column in columns if column.nullable}
    return RelationDoc(
        kind=kind,
        name=name,
        comment=stated.get("comment"),
        columns=columns,
        constraints=definitions.parts(keys),
        triggers=tuple(
            definitions.trigger(trigger, properties)
            for trigger, properties in facts.parts("trigger", name)
            if "internal" not in properties
        )
        + tuple(
            RelationPart(rule, ("rule",), properties["definition"], properties.get("comment"))
            for rule, properties in facts.parts("rule", name)
            if "definition" in properties
        ),
        references=tuple(definitions.foreign_keys(name, keys, nullable)),
        definition=stated.get("definition"),
    )


def _column(
    table: str, name: str, stated: Properties, keys: tuple[Keys, ...], structures: Structures
) -> ColumnDoc:
    kinds = {CONSTR_PRIMARY: "PK", CONSTR_UNIQUE: "UK", CONSTR_FOREIGN: "FK"}
    marks = {
        mark
        for kind, mark in kinds.items()
        for key in keys
        # Unique together with others is not unique.
        if key.is_a(kind)
        and unquoted(name) in key.columns
        and (mark != "UK" or len(key.columns) == 1)
    }
    default = stated.get("default")
    if "generated kind" in stated:
        default = f"generated ({stated['generated kind']}): {default}"
    elif "identity" in stated:
        default = f"generated {stated['identity']} as identity"
    return ColumnDoc(
        table=table,
        name=name,
        type=stated.get("type", "?"),
        nullable="not null" not in stated,
        default=default,
        comment=stated.get("comment"),
        keys=tuple(sorted(marks, key=["PK", "FK", "UK"].index)),
        structure=structures.get((table, name)),
    )


def _order(facts: Facts, name: str, stated: Properties) -> tuple[str, ...]:
    """The columns in order; those of a view in the order of its definition."""
    if "columns" in stated:
        return tuple(listed(stated["columns"]))
    named = tuple(column for column, _ in facts.parts("column", name))
    node = statement(stated.get("definition", ""))
    if node is None or not node.HasField("select_stmt"):
        return named
    query = node.select_stmt
    while query.HasField("larg"):
        query = query.larg
    shown = []
    for target in query.target_list:
        fields = target.res_target.val.column_ref.fields
        shown.append(target.res_target.name or (fields[-1].string.sval if fields else ""))
    order = tuple(map(quoted, shown))
    return order if sorted(order) == sorted(named) else named


def _notes(kind: str, stated: Properties, *, has_policies: bool) -> tuple[Words, ...]:
    """Further notes on a relation, a sentence each."""
    notes: list[Words] = []
    if kind == "view":
        is_invoker = stated.get("option security_invoker") == "true"
        notes.append((_BY_CALLER if is_invoker else _BY_OWNER,))
    elif kind == "materialized view":
        notes.append(("Shows every caller the same rows, as of its last refresh.",))
    elif kind == "table" and stated.get("row level security") != "enabled":
        notes.append(("Row level security is off: grants alone decide.",))
    elif kind == "table" and not has_policies:
        notes.append(("Row level security is on without a policy: no row is let through.",))
    for key, value in stated.items():
        if key in _NOTED:
            notes.append((_NOTED[key], Code(value), "."))
        elif key.startswith("inherits "):
            notes.append(("Part of ", Code(key.removeprefix("inherits ")), "."))
    return tuple(notes)


def _parts(facts: Facts, whole: str) -> tuple[Words, ...]:
    """The partitions of a table and those that inherit from it, in one sentence."""
    tables = {**facts.of("table"), **facts.of("foreign table")}
    found = sorted(name for name, stated in tables.items() if f"inherits {whole}" in stated)
    return (("Its parts: ", *named(found), "."),) if found else ()


def _related(found: list[RelationDoc]) -> tuple[RelationDoc, ...]:
    """The relations, each with the foreign keys of others and the views made of it."""
    names = {one.name for one in found}
    pointing = dict[str, list[ForeignKeyDoc]]()
    made_of = {one.name: definitions.read_by(one.definition, names) for one in found}
    for one in found:
        for key in (key for key in one.references if key.target != one.name):
            pointing.setdefault(key.target, []).append(key)
    return tuple(
        replace(
            one,
            referenced=tuple(pointing.get(one.name, ())),
            reads=made_of[one.name],
            read_by=tuple(view for view, tables in made_of.items() if one.name in tables),
        )
        for one in found
    )
