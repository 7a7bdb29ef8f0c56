"""Whether a cluster is fit: the coordinator, its workers, their settings, logins and space."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg

from arami_db.database.connect import query
from arami_db.errors import PlatformError

if TYPE_CHECKING:
    from arami_db.database.connect import Connection
    from arami_db.distribute.tables import DistributedTable

_KNOWN = "13"
_ROLES = {"anon", "authenticated", "service_role"}
_WITHOUT_PASSWORD = {"trust", "unknown"}
_SETUP = (
    "On each machine of the cluster install Citus, add it to shared_preload_libraries, and create"
    " the extension in this database; then, here: select citus_set_coordinator_host('HOST');"
    " select citus_add_node('WORKER', 5432); docs/scale.md has all of it."
)


@dataclass(frozen=True)
class Precondition:
    """Something that was looked at.

    Attributes:
        name: what it is.
        finding: what it is like.
        is_good: whether the tables can be distributed as it is.
        hint: the way out; empty where there is nothing to do.
    """

    name: str
    finding: str
    is_good: bool = True
    hint: str = ""


@dataclass(frozen=True)
class Node:
    """A machine of the cluster.

    Attributes:
        place: its host and port.
        is_coordinator: whether it is this one.
        is_active: whether Citus uses it.
        takes_shards: whether tables are laid there.
        answer: what it says of itself; None where it does not answer.
    """

    place: str
    is_coordinator: bool
    is_active: bool
    takes_shards: bool
    answer: dict[str, Any] | None


def require_coordinator(connection: Connection) -> None:
    """Refuse a server that is no Citus coordinator.

    Raises:
        PlatformError: says what it is, and what to do.
    """
    row = connection.execute(query("distribution_kind")).fetchone()
    if row is None or row[0] is None or not row[1]:
        raise PlatformError(
            "this is not a Citus coordinator: the database has no extension citus", hint=_SETUP
        )
    try:
        row = connection.execute("select citus_is_coordinator()").fetchone()
    except psycopg.Error as error:
        raise PlatformError(
            f"this is not a Citus coordinator: {error.diag.message_primary}", hint=_SETUP
        ) from error
    if not (row and row[0]):
        raise PlatformError(
            "this is not a Citus coordinator, but a worker, or a machine of no cluster", hint=_SETUP
        )


def check(connection: Connection, tables: Sequence[DistributedTable]) -> tuple[Precondition, ...]:
    """Look at a cluster; changes nothing.

    Args:
        connection: to its coordinator.
        tables: what is to be laid there.
    """
    nodes = _nodes(connection, "distribution_node")
    return (
        _version(connection),
        *_role(connection),
        *_members(nodes),
        *(_reachable(connection) if all(node.answer for node in nodes) else ()),
        *(one for node in nodes if node.answer for one in _node(node, nodes)),
        *_logins(connection),
        *_space(nodes, tables),
    )


def _nodes(connection: Connection, question: str) -> tuple[Node, ...]:
    rows = connection.execute(query("distribution_nodes"), {"question": query(question)})
    return tuple(
        Node(f"{host}:{port}", first, active, shards, json.loads(said) if answered else None)
        for host, port, first, active, shards, answered, said in rows
    )


def _version(connection: Connection) -> Precondition:
    row = connection.execute(query("distribution_kind")).fetchone()
    citus, server = (row[0], row[2]) if row else ("", "")
    known = "" if citus.startswith(_KNOWN) else f"; tried with Citus {_KNOWN}, not with this one"
    return Precondition("version", f"Citus {citus} on PostgreSQL {server}{known}")


def _role(connection: Connection) -> Iterator[Precondition]:
    """Rows move without firing triggers, which not every role may have them do."""
    row = connection.execute(
        "select pg_catalog.has_parameter_privilege('session_replication_role', 'set'),"
        " pg_catalog.quote_ident(current_user)"
    ).fetchone()
    if row and not row[0]:
        setting = "session_replication_role"
        hint = f"Run it as a superuser; or: grant set on parameter {setting} to {row[1]}"
        yield Precondition("role", f"{row[1]} may not set {setting}", is_good=False, hint=hint)


def _members(nodes: Sequence[Node]) -> Iterator[Precondition]:
    workers = [node for node in nodes if node.takes_shards and not node.is_coordinator]
    coordinator = next((node for node in nodes if node.is_coordinator), None)
    if coordinator is None:
        hint = "select citus_set_coordinator_host('HOST'), as the workers reach this machine."
        yield Precondition("coordinator", "is not in pg_dist_node", is_good=False, hint=hint)
    elif coordinator.place.startswith("localhost:") and workers:
        alike = all(node.place.startswith("localhost:") for node in workers)
        hint = "" if alike else "select citus_set_coordinator_host('HOST'), as workers reach it."
        yield Precondition("coordinator", coordinator.place, is_good=alike, hint=hint)
    else:
        yield Precondition("coordinator", coordinator.place)
    if not workers:
        hint = "select citus_add_node('WORKER', 5432)"
        yield Precondition("workers", "there are none", is_good=False, hint=hint)
    for node in nodes:
        if not node.is_active or node.answer is None:
            what = "does not answer" if node.is_active else "is disabled"
            hint = "Start it, or see why it refuses; citus_check_cluster_node_health() tells."
            yield Precondition(node.place, what, is_good=False, hint=hint)


def _reachable(connection: Connection) -> Iterator[Precondition]:
    rows = connection.execute("select * from citus_check_cluster_node_health()").fetchall()
    apart = [f"{row[0]}:{row[1]} to {row[2]}:{row[3]}" for row in rows if not row[4]]
    hint = "Let pg_hba.conf and the network let each in from each." if apart else ""
    found = f"no connection from {', '.join(apart)}" if apart else "each reaches each"
    yield Precondition("connections", found, is_good=not apart, hint=hint)


def _node(node: Node, nodes: Sequence[Node]) -> Iterator[Precondition]:
    """What is wrong with a machine that answers; or that nothing is."""
    said = node.answer or {}
    first = next((one.answer for one in nodes if one.is_coordinator and one.answer), said)
    wrong = []
    if said["citus"] != first["citus"]:
        hint = f"Bring all to one version: alter extension citus update to '{first['citus']}'"
        wrong.append((f"has Citus {said['citus']}, the coordinator {first['citus']}", hint))
    if said["prepared"] < 1:
        hint = "Set it to max_connections or more, and restart: writes end in two phases."
        wrong.append(("has max_prepared_transactions = 0", hint))
    if said["processes"] < 1:
        wrong.append(("has max_worker_processes = 0", "Set it to 16 or more, and restart."))
    if absent := sorted(_ROLES - set(said["roles"] or ())):
        hint = " ".join(f"create role {role} …;" for role in absent)
        wrong.append((f"lacks {', '.join(absent)}", f"There, as on the coordinator: {hint}"))
    for what, hint in wrong:
        yield Precondition(node.place, what, is_good=False, hint=hint)
    if not wrong:
        settings = f"max_worker_processes {said['processes']}"
        settings += f", max_prepared_transactions {said['prepared']}"
        yield Precondition(node.place, f"PostgreSQL {said['server']}, {settings}")


def _logins(connection: Connection) -> Iterator[Precondition]:
    """Whether the API's roles would be let in; a role without rights to read that cannot tell."""
    for node in _nodes(connection, "distribution_logins"):
        for role, way in (node.answer or {}).items():
            if way is None or way == "reject":
                yield Precondition(
                    node.place,
                    f"pg_hba.conf does not let {role} in from the coordinator",
                    is_good=False,
                    hint="Add a line for the cluster's machines to each pg_hba.conf:"
                    " host DATABASE anon,authenticated,service_role COORDINATOR/32 METHOD",
                )
            elif way not in _WITHOUT_PASSWORD:
                yield Precondition(
                    node.place,
                    f"pg_hba.conf asks {role} for proof ({way}), which the coordinator must have:"
                    " in pg_dist_authinfo, a password file or a certificate",
                )


def _space(nodes: Sequence[Node], tables: Sequence[DistributedTable]) -> Iterator[Precondition]:
    workers = [node for node in nodes if node.takes_shards and node.answer]
    moving = [table for table in tables if not table.is_distributed]
    size = sum(table.bytes for table in moving)
    for node in workers:
        free, share = (node.answer or {})["free"], size // len(workers)
        if free is not None and free < share:
            found = f"has {free >> 20} MB free, and about {share >> 20} MB come to it"
            yield Precondition(
                node.place, found, is_good=False, hint="Give it more, or add a worker."
            )
