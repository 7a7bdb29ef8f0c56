"""The results of the proof of row level security as findings, and declarations about them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from arami_db.database.connect import Connection
from arami_db.database.server import inspect
from arami_db.drift.findings import Finding, Severity
from arami_db.files import SqlTree
from arami_db.settings import Declaration, read_settings
from arami_db.verifying.aside import Wishes

if TYPE_CHECKING:
    from arami_db.prove import Attempt, Proof

_LEAK = "reached another user's rows"
_BROKEN = "could not do what grants and policies allow"
_DECLARE = 'If it is meant, declare it: rls = "{}", action = "{}", and a reason.'


def of_proof(connection: Connection, tree: SqlTree, proof: Proof) -> list[Finding]:
    """The findings of a proof.

    Args:
        connection: is asked which grants are missing, where something could not be attempted.
        tree: the SQL files.
        proof: what prove() returned.

    Raises:
        QueryFailedError: a query failed.
        ConnectionFailedError: the connection broke.
    """
    found = [*_attempted(proof), *_known_unproved(proof)]
    advice = _missing_grants(connection, tree) if proof.unattempted else {}
    found += [
        Finding(
            Severity.SECURITY,
            "rls",
            name,
            f"could not be attempted: {name}",
            advice=advice.get(name.partition(":")[0]),
        )
        for name in proof.unattempted
    ]
    return found


def _attempted(proof: Proof) -> Iterator[Finding]:
    """One finding for each object and action, by all who succeeded or failed."""
    grouped: dict[tuple[str, str, bool], list[Attempt]] = {}
    for one in (*proof.leaks, *proof.failures):
        grouped.setdefault((one.object, one.action.split(" ")[0], one.leaked), []).append(one)
    for (name, action, leaked), attempts in grouped.items():
        first = attempts[0]
        others = len({one.actor for one in attempts} - {first.actor})
        who = first.actor + (f" and {others} other{'s' * (others > 1)}" if others else "")
        yield Finding(
            Severity.SECURITY,
            "rls",
            name,
            f"{who}: {first.action}: {_LEAK if leaked else _BROKEN}",
            expected=first.evidence or None,
            actual=first.detail,
            advice=_DECLARE.format(name, action) if leaked else None,
        )


def _known_unproved(proof: Proof) -> Iterator[Finding]:
    for one in proof.oracles:
        message = f"anybody: exists, by {one.by}: {one.how}"
        advice = _DECLARE.format(one.object, "exists")
        yield Finding(
            Severity.LOW, "rls", one.object, message.replace(", by", " by", 1), advice=advice
        )
    for gap in proof.untried:
        message = f"the proof: untried: {gap.reason}"
        advice = _DECLARE.format(gap.object, "untried")
        yield Finding(Severity.UNTRIED, "rls", gap.object, message, advice=advice)


def with_own(wishes: Wishes, tree: SqlTree, found: Iterable[Finding], *, proved: bool) -> Wishes:
    """What is declared, with what the files declare of themselves for the proof.

    Why: the author of a schema knows what in it is meant, and says so beside its files.

    Args:
        wishes: of the caller and the deployment.
        tree: the SQL files.
        found: what was found: what the files declare and nobody found is not told of.
        proved: whether there was a proof; a declaration about it is stale only then.

    Raises:
        UsageError: the settings beside the files cannot be read.
    """
    about = {finding.object for finding in found if finding.source == "rls"}
    own = [
        replace(d, place=f"{tree.root.name}/{d.place}")
        for d in read_settings(tree.root).accept
        if d.kind == "rls" and d.name in about
    ]
    declared = [*wishes.declarations, *(d for d in own if not _is_there(d, wishes.declarations))]
    kept = [d for d in declared if proved or d.kind != "rls"]
    return replace(wishes, declarations=tuple(kept))


def _is_there(declaration: Declaration, others: tuple[Declaration, ...]) -> bool:
    mark = (declaration.kind, declaration.name, declaration.action)
    return any((d.kind, d.name, d.action) == mark for d in others)


def _missing_grants(connection: Connection, tree: SqlTree) -> dict[str, str]:
    """What to do about roles that could not be taken on, by what went untried for it."""
    from arami_db.administrator import PROVING, needs

    found = [n for n in needs(connection, tree, inspect(connection)) if PROVING in n.commands]
    [(me,)] = connection.execute("select quote_ident(current_user)").fetchall()
    usual = {
        f"everything as {role}": f"Let an administrator run: grant {role} to {me};"
        for role in ("anon", "authenticated", "service_role")
    }
    return usual | {f"everything as {need.statement.split()[1]}": need.advice for need in found}
