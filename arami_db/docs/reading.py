"""Asking a database for its reference: its facts, and what JSON its checks take."""

from __future__ import annotations

from collections.abc import Callable, Collection

from arami_db.database.connect import Connection, query
from arami_db.docs.access import Role
from arami_db.docs.definitions import constraints_of
from arami_db.docs.facts import Facts
from arami_db.docs.functions import functions, schemas, types
from arami_db.docs.model import Coverage, FunctionDoc, Reference, RelationDoc
from arami_db.docs.relations import relations
from arami_db.docs.structures import structures
from arami_db.facts import facts_within, read_for, schemas_of
from arami_db.facts.names import schema_of
from arami_db.facts.session import SET
from arami_db.files import SqlTree, packaged_sql_dir
from arami_db.files.script import load_all
from arami_db.shadow import apply, nobodys, shadow, stub_for


def of_files(tree: SqlTree, url: str | None, note: Callable[[str], None]) -> Reference:
    """The reference of what files make, on a throw-away database.

    Args:
        tree: the SQL files.
        url: an empty database to copy; None for an embedded server made for the purpose.
        note: told what takes its time.

    Raises:
        ShadowError, EmbeddedError: the files could not be tried out.
        ConnectionFailedError: the server at the URL cannot be reached.
        RefusedFileError: a file cannot be run as it stands.
    """
    scripts = load_all((*tree.migrations, *tree.views))
    stub = stub_for(tree, scripts)
    around, stating = nobodys(scripts, stub), _stating(tree)
    note("applying the files to a throw-away database")
    with shadow(url, around) as opened:
        before, _ = schemas_of(opened, stating)
        apply(opened, scripts, stub, around)
        made = schemas_of(opened, stating)[0] - before
        return _read(opened, stating, made, is_ours=True)


def of_database(connection: Connection, tree: SqlTree) -> Reference:
    """The reference of a database that is there, which is only read.

    Args:
        connection: to it, idle.
        tree: the SQL files, for how facts are asked.

    Raises:
        QueryFailedError: a fact lacks something; names the file.
        psycopg.Error: as the server says it.
    """
    stating = read_for(connection, _stating(tree))
    schemas, _ = schemas_of(connection, stating)
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read, read only")
        return _read(connection, stating, schemas, is_ours=False)


def _stating(tree: SqlTree) -> SqlTree:
    """The files that state facts: a project's own, or this tool's."""
    return tree if tree.catalog else SqlTree(packaged_sql_dir())


def _read(
    connection: Connection, stating: SqlTree, schemas: Collection[str], *, is_ours: bool
) -> Reference:
    facts = Facts(facts_within(connection, stating, schemas))
    asked = (stating.prelude.text if stating.prelude else "") + "\n" + query("docs_roles")
    roles = tuple(
        Role(name, frozenset(acts_as), bypasses)
        for name, acts_as, bypasses in connection.execute(asked.encode()).fetchall()
    )
    tables = {name: constraints_of(facts, name) for name in facts.of("table")}
    with connection.transaction(force_rollback=True):
        connection.execute(SET.encode())
        connection.execute("set local statement_timeout = '10s'")
        takes = {str(name): one for name, one in connection.execute(query("docs_takes").encode())}
        found = structures(connection, facts, tables, is_ours=is_ours)
    return _reference(facts, relations(facts, tables, found, roles, takes), roles)


def _reference(facts: Facts, found: tuple[RelationDoc, ...], roles: tuple[Role, ...]) -> Reference:
    made = functions(facts, roles)
    return Reference(
        schemas=schemas(
            facts,
            [schema_of(one.name) for one in found],
            [schema_of(one.name) for one in made],
        ),
        relations=found,
        functions=made,
        types=types(facts),
        coverage=tuple(_coverage(found, made)),
    )


def _coverage(found: tuple[RelationDoc, ...], made: tuple[FunctionDoc, ...]) -> list[Coverage]:
    """How many of each kind have a comment."""
    tables = [one for one in found if not one.is_view]
    views = [one for one in found if one.is_view]
    named: dict[str, list[tuple[str, str | None]]] = {
        "tables": [(one.name, one.comment) for one in tables],
        "columns of tables": [
            (f"{c.table}.{c.name}", c.comment) for t in tables for c in t.columns
        ],
        "views": [(one.name, one.comment) for one in views],
        "functions": [(one.name, one.comment) for one in made],
        "policies": [(f"{p.name} on {t.name}", p.comment) for t in tables for p in t.policies],
    }
    return [
        Coverage(kind, len(all_), tuple(name for name, comment in all_ if not comment))
        for kind, all_ in named.items()
        if all_
    ]
