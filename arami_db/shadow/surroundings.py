"""What files find on a server when they run there for the first time."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from arami_db.database.connect import Connection, query
from arami_db.files import SqlFile, SqlTree, packaged_sql_dir
from arami_db.files.makes import makes

if TYPE_CHECKING:
    from arami_db.files.script import Script

_API = ("anon", "authenticated", "service_role", "auth.uid")


@dataclass(frozen=True)
class Surroundings:
    """What files find on a server when they run there for the first time.

    Attributes:
        user: the role that runs them.
        extensions: the installed ones.
        roles: roles that the trial may create: existing ones, and those that the files name.
        made: each object by kind and name, with the statement that creates it.
    """

    user: str
    extensions: frozenset[str]
    roles: frozenset[str]
    made: tuple[tuple[str, str, str], ...]

    def has(self, kind: str) -> frozenset[str]:
        """The names of a kind, such as "role", "extension" or "default privilege"."""
        return frozenset(name for made, name, _ in self.made if made == kind)


def surroundings(
    connection: Connection, scripts: Collection[Script], platform: Iterable[str]
) -> Surroundings:
    """Read what files find on a server, without what they create themselves.

    Args:
        connection: to that server, idle.
        scripts: the files, the auth stub included.
        platform: the schemas that exist before any file.

    Raises:
        psycopg.Error: a query failed.
    """
    # The stub creates nothing where the platform has schema auth.
    made = makes(script for script in scripts if script.file.kind != "stub")
    values = {
        "roles": list(made.roles),
        "extensions": list(made.extensions),
        "publications": list(made.publications),
        "privileges": list(made.privileges),
        "platform": [name for name in platform if name not in made.schemas],
    }
    with connection.transaction():
        row = connection.execute(query("shadow_session")).fetchone()
        user, search_path, extensions = row or (connection.info.user, None, ())
        connection.execute("set local search_path = ''")  # so that all names are qualified
        values |= {"search_path": search_path}
        found = connection.execute(query("shadow_surroundings"), values).fetchall()
    named = {word for script in scripts for word in re.findall(r"\w+", script.file.text)}
    roles = named | {str(name) for kind, name, _ in found if kind == "role"}
    return Surroundings(user, frozenset(extensions), frozenset(roles), tuple(found))


def stub_for(tree: SqlTree, scripts: Collection[Script]) -> Script | None:
    """The auth stub: the project's own, or this tool's if files refer to schema auth.

    Args:
        tree: the SQL files.
        scripts: the files to try.

    Raises:
        RefusedFileError: it cannot be run as it stands.
    """
    from arami_db.files.script import load

    own = tree.auth_stub or SqlTree(packaged_sql_dir()).auth_stub
    speaks = any(word in script.file.text for script in scripts for word in _API)
    return load(own) if own and (tree.auth_stub or speaks) else None


def nobodys(scripts: Collection[Script], stub: Script | None) -> Surroundings:
    """The surroundings of an empty server; extensions that it lacks are skipped.

    Args:
        scripts: the files to try.
        stub: the result of stub_for().
    """
    texts: list[SqlFile] = [script.file for script in (*scripts, *([stub] if stub else []))]
    words = frozenset(word for file in texts for word in file.text.split())
    nodes = [statement.node for script in scripts for statement in script.statements]
    extensions = {
        node.create_extension_stmt.extname
        for node in nodes
        if node.HasField("create_extension_stmt")
    }
    return Surroundings("postgres", frozenset(extensions), words, ())
