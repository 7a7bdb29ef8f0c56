"""Exporting migrations and views that a Supabase project lacks, as migrations of the project."""

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
        in_place: how many migrations and views the project already had.
        notes: further notes for the user.
    """

    written: tuple[Path, ...]
    in_place: int
    notes: tuple[str, ...]

    @property
    def versions(self) -> tuple[str, ...]:
        """The numbers of the written migrations in the Supabase CLI."""
        return tuple(path.name.partition("_")[0] for path in self.written)


def export(tree: SqlTree, directory: Path, *, dry: bool = False) -> SupabaseExport:
    """Write the files that a Supabase project lacks into its supabase/migrations.

    Migrations come first, then views and functions. The same files and the same project always give
    the same bytes.

    Args:
        tree: the SQL files.
        directory: the project's directory, the one that holds supabase/.
        dry: whether to write nothing.

    Returns:
        What was written, or would be written.

    Raises:
        LedgerError: a migration was edited after its export, or its file is missing; or the export
            of it, or of a view, was edited.
        RefusedFileError: a file cannot be run as it stands.
        UsageError: the directory is not a project's, or cannot be read or written.
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
    """The migrations with a complete export, as rows of a ledger."""
    rows = {
        (one.kind, one.version): Row(
            one.kind, one.version, one.name, one.checksum, "export", datetime.min, 0, ""
        )
        for one in found
        if one.kind == "migration" and one.part == one.parts
    }
    return Ledger(exists=True, rows=rows)


def _require_agreement(plan: Plan, project: Project) -> None:
    """Refuse to add to an export of other files.

    Raises:
        LedgerError: names each migration, and how to fix it.
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
    """Refuse a migration whose text does not match its header.

    Raises:
        LedgerError: names each migration of the project, and how to fix it.
    """
    files = {(file.kind, file.checksum): file for file in (*tree.migrations, *tree.views)}
    wrong = [
        f"{migration.path.name} no longer matches {file.label}"
        for migration in project.migrations
        for one in migration.headers
        if (file := files.get((one.kind, one.checksum))) and not _holds(one, file)
    ]
    if wrong:
        raise LedgerError(
            "exported migrations were edited afterwards:" + _listed(wrong),
            hint="Restore it as it was exported, and write what you want to add in a migration of"
            " your own.",
        )


def _listed(lines: list[str]) -> str:
    """The first lines, and how many more there are."""
    more = [f"and {len(lines) - _SHOWN} more"] if len(lines) > _SHOWN else []
    return "".join(f"\n  {line}" for line in [*lines[:_SHOWN], *more])


def _holds(exported: Header, file: SqlFile) -> bool:
    """Whether an exported text is that of a file or one of its statements, ignoring blanks."""
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
    way = ways.get(entry.state, "Restore the file as it was exported, and write a new migration")
    return (
        f"{way}.\n      Or, if the export was applied nowhere yet, delete all that was"
        f" exported from migration {entry.version} on, and export again."
    )


def _drafts(script: Script, parts: set[tuple[int, int]]) -> list[Draft]:
    """The migrations that a file becomes.

    The Supabase CLI sends a file as one pipeline, where a statement that Postgres refuses in a
    transaction runs only as the first: each such statement becomes its own migration.
    """
    file, count = script.file, len(script.statements)
    if script.in_transaction or count < 2:
        return [Draft(file.name, header(file) + without_restrict(script.sql))]
    return [
        Draft(f"{file.name}_{number}", f"{header(file, number, count)}{_MARK}{statement.text};\n")
        for number, statement in enumerate(script.statements, start=1)
        if (file.version, number) not in parts
    ]
