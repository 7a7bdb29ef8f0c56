"""Exporting: migrations and views that the project does not have yet, as migrations of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from arami_db.errors import LedgerError
from arami_db.export.project import Draft, Project, read_project
from arami_db.export.views import view_drafts
from arami_db.files import SqlFile, SqlTree
from arami_db.files.exported import Header, header
from arami_db.files.lexemes import BLANKS
from arami_db.files.psql import without_restrict
from arami_db.files.script import Script, load_all
from arami_db.ledger import Ledger, Row
from arami_db.ledger.plan import Entry, EntryState, Plan, make_plan

_WRONG = {
    EntryState.CHANGED,
    EntryState.SWAPPED,
    EntryState.RENUMBERED,
    EntryState.MISSING,
    EntryState.OUT_OF_ORDER,
    EntryState.AHEAD,
}
_SHOWN = 8
_MARK = "-- arami: no-transaction\n"


@dataclass(frozen=True)
class SupabaseExport:
    """What an export did.

    Attributes:
        written: the files it wrote, or would write, in order.
        in_place: how many migrations and views the project had as they are.
        notes: what else is to be known.
    """

    written: tuple[Path, ...]
    in_place: int
    notes: tuple[str, ...]

    @property
    def versions(self) -> tuple[str, ...]:
        """The numbers by which the Supabase CLI knows what was written."""
        return tuple(path.name.partition("_")[0] for path in self.written)


def export(tree: SqlTree, directory: Path, *, dry: bool = False) -> SupabaseExport:
    """Write what a Supabase project lacks of the files into its supabase/migrations.

    Migrations come first, then views and functions. The same files and the same project give the
    same bytes, whoever exports and whenever.

    Args:
        tree: the SQL files.
        directory: the project's directory, the one that holds supabase/.
        dry: whether to write nothing.

    Returns:
        What was written, or would be.

    Raises:
        LedgerError: a migration is not as it was exported, or its file is gone; or what was
            exported of it, or of a view, was edited.
        RefusedFileError: a file cannot be run as it stands.
        UsageError: the directory is no project's, or cannot be read or written.
    """
    project = read_project(directory)
    found = [one for migration in project.migrations for one in migration.headers]
    plan = make_plan(tree, _as_ledger(found))
    _require_agreement(plan, project)
    _require_unedited(tree, project)
    pending = [file for file in plan.pending if file.kind == "migration"]
    scripts = load_all(pending)
    parts = {(one.version, one.part) for one in found if one.kind == "migration"}
    drafts = [draft for script in scripts for draft in _drafts(script, parts)]
    views = view_drafts(tree, [one for one in found if one.kind == "view"])
    files = project.number([*drafts, *views.drafts])
    if not dry:
        project.write(files)
    in_place = len(tree.migrations) - len(pending) + len(tree.views) - len(views.pending)
    return SupabaseExport(tuple(files), in_place, views.notes)


def _as_ledger(found: list[Header]) -> Ledger:
    """The migrations that were exported whole, as if they were rows of a ledger."""
    rows = {
        (one.kind, one.version): Row(
            one.kind, one.version, one.name, one.checksum, "export", datetime.min, 0, ""
        )
        for one in found
        if one.kind == "migration" and one.part == one.parts
    }
    return Ledger(exists=True, rows=rows)


def _require_agreement(plan: Plan, project: Project) -> None:
    """Refuse to add to an export that other files than these made.

    Raises:
        LedgerError: names each migration, and the way out.
    """
    entries = [entry for entry in plan.entries if entry.kind == "migration"]
    wrong = [entry for entry in entries if entry.state in _WRONG]
    if not wrong:
        return
    raise LedgerError(
        f"the files and what was exported to {project.folder} disagree:"
        + _listed([_line(entry, project) for entry in wrong]),
        hint=_hint(wrong[0]),
    )


def _require_unedited(tree: SqlTree, project: Project) -> None:
    """Refuse what says above its text that it is a file, and below is another.

    Raises:
        LedgerError: names each migration of the project, and the way out.
    """
    files = {(file.kind, file.checksum): file for file in (*tree.migrations, *tree.views)}
    wrong = [
        f"{migration.path.name} is not what {file.label} says any more"
        for migration in project.migrations
        for one in migration.headers
        if (file := files.get((one.kind, one.checksum))) and not _holds(one, file)
    ]
    if wrong:
        raise LedgerError(
            "what was exported was edited afterwards:" + _listed(wrong),
            hint="Put it back as it was exported, and write what you want besides in a migration of"
            " your own.",
        )


def _listed(lines: list[str]) -> str:
    """The first of some lines, and how many more there are."""
    more = [f"and {len(lines) - _SHOWN} more"] if len(lines) > _SHOWN else []
    return "".join(f"\n  {line}" for line in [*lines[:_SHOWN], *more])


def _holds(exported: Header, file: SqlFile) -> bool:
    """Whether an exported text is a file's, or a statement of it; blanks tell nothing."""
    there, wanted = (
        " ".join(text.rstrip(f"{BLANKS};").split())
        for text in (exported.text, without_restrict(file.text))
    )
    if exported.parts > 1:
        return there.removeprefix(f"{_MARK.strip()} ") in wanted
    return there == wanted if exported.kind == "migration" else there.endswith(wanted)


def _line(entry: Entry, project: Project) -> str:
    named = {
        (one.kind, one.version): migration.path.name
        for migration in project.migrations
        for one in migration.headers
    }
    where = named.get((entry.kind, entry.version))
    exported = f"; it was exported as {where}" if where else ""
    return f"{entry.label}: {entry.state}{exported}"


def _hint(entry: Entry) -> str:
    ways = {
        EntryState.OUT_OF_ORDER: "Renumber the file above those that were exported",
        EntryState.MISSING: "Restore the file",
        EntryState.AHEAD: "Export from the newer release of the files that wrote it",
    }
    way = ways.get(entry.state, "Put the file back as it was exported, and write a new migration")
    return (
        f"{way}.\n      Or, where what was exported was applied nowhere yet, delete all that was"
        f" exported from migration {entry.version} on, and export again."
    )


def _drafts(script: Script, parts: set[tuple[int, int]]) -> list[Draft]:
    """The migrations that a file becomes.

    The Supabase CLI sends a file as one pipeline, in which a statement that Postgres refuses in a
    transaction runs only as the first: each such statement becomes a migration of its own.
    """
    file, count = script.file, len(script.statements)
    if script.in_transaction or count < 2:
        return [Draft(file.name, header(file) + without_restrict(script.sql))]
    return [
        Draft(f"{file.name}_{number}", f"{header(file, number, count)}{_MARK}{statement.text};\n")
        for number, statement in enumerate(script.statements, start=1)
        if (file.version, number) not in parts
    ]
