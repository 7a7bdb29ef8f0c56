"""What each command did, in a line or as JSON."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from arami_db.escape import visible
from arami_db.render.columns import aligned
from arami_db.render.output import OutputFormat, count, emit, note, seconds

if TYPE_CHECKING:
    from pathlib import Path

    from arami_db.adopt import Adopted
    from arami_db.docs import Written
    from arami_db.embedded import EmbeddedServer
    from arami_db.export import SupabaseExport
    from arami_db.files import SqlFile
    from arami_db.files.script import Script
    from arami_db.migrating import MigrateResult
    from arami_db.runner.session import Applied
    from arami_db.undo import Undone


def show_migrated(result: MigrateResult, output: OutputFormat) -> None:
    """The summary of a migration run."""
    files = [applied.file for applied in result.applied]
    if files:
        kinds = Counter(file.kind for file in files)
        nouns = {"migration": "migration", "distributed": "distributing file", "view": "view"}
        what = " and ".join(count(kinds[kind], noun) for kind, noun in nouns.items() if kinds[kind])
        text = f"applied {what} in {seconds(sum(a.seconds for a in result.applied))}"
    else:
        text = f"nothing to do: {count(result.in_place, 'file')} in place"
    if result.held_back:
        text += f"; {count(result.held_back, 'file')} held back by --target"
    for sentence in result.notes:
        note(sentence)
    data = {
        "applied": [_applied(applied) for applied in result.applied],
        "in_place": result.in_place,
        "held_back": result.held_back,
        "notes": list(result.notes),
    }
    emit(text, data, output, is_summary=True)


def show_preview(scripts: tuple[Script, ...], output: OutputFormat) -> None:
    """The SQL a run would execute, in order, as a script."""
    note(f"dry run: {count(len(scripts), 'file')} would run; nothing was touched")
    for script in scripts:
        note(f"would apply  {script.file.label}")
    if output is OutputFormat.JSON:
        emit(
            "",
            {"pending": [{**_file(script.file), "sql": script.sql} for script in scripts]},
            output,
        )
        return
    for script in scripts:
        print(f"-- {script.file.label}\n{script.sql}")


def show_adopted(changes: tuple[Adopted, ...], output: OutputFormat) -> None:
    """Ledger rows that were entered, accepted or removed."""
    lines = [f"{change.what}  {change.label}" for change in changes]
    data = {"changes": [{"what": change.what, "file": change.label} for change in changes]}
    emit("\n".join(lines) or "nothing to do", data, output, is_summary=True)


def show_created(path: Path, output: OutputFormat) -> None:
    """A file that was written."""
    emit(str(path), {"path": str(path)}, output)


def show_undone(undone: Undone, output: OutputFormat) -> None:
    """The file that takes a migration back, and what that does not bring back."""
    note(f"tried: {count(undone.statements, 'statement')}, and nothing remains")
    for line in undone.stays:
        note(f"note: {line}")
    data = {"path": str(undone.path), "statements": undone.statements, "stays": undone.stays}
    emit(str(undone.path), data, output)


def show_exported(exported: SupabaseExport, output: OutputFormat, *, check: bool) -> None:
    """The files that an export wrote, or would write, and what to do where they are applied."""
    for sentence in exported.notes:
        note(sentence)
    number = count(len(exported.written), "file")
    if not exported.written:
        note(f"nothing to export: {count(exported.in_place, 'file')} in place")
    elif check:
        note(f"{number} would be written; nothing was touched")
    else:
        versions = " ".join(exported.versions)
        note(
            f"exported {number}; where `arami-db migrate` applies them, say so to the Supabase CLI:"
        )
        note(f"  supabase migration repair --status applied {versions}")
    data = {
        "written": [
            {"path": str(path), "version": version}
            for path, version in zip(exported.written, exported.versions, strict=True)
        ],
        "in_place": exported.in_place,
        "notes": list(exported.notes),
    }
    if exported.written or output is OutputFormat.JSON:
        emit("\n".join(map(str, exported.written)), data, output)


def show_reference(written: Written, *, check: bool) -> None:
    """The files of a reference that were written or removed, or would be."""
    number = len(written.changed) + len(written.removed)
    if not number:
        note(f"nothing to write: {count(written.unchanged, 'file')} in place")
    elif check:
        note(f"{count(number, 'file')} would be written or removed; nothing was touched")
    for path in written.changed:
        print(visible(str(path)))
    for path in written.removed:
        note(f"{'would remove' if check else 'removed'}  {visible(str(path))}")


def show_seeded(result: tuple[Applied, ...], output: OutputFormat) -> None:
    """The seeds that ran."""
    text = f"seeded {count(len(result), 'file')}" if result else "nothing to seed"
    data = {"seeded": [_applied(applied) for applied in result]}
    emit(text, data, output, is_summary=True)


def show_ready(waited: float, output: OutputFormat) -> None:
    """The server accepts queries."""
    data = {"ready": True, "seconds": round(waited, 3)}
    emit(f"ready after {seconds(waited)}", data, output, is_summary=True)


def show_server(found: EmbeddedServer, output: OutputFormat) -> None:
    """Where the embedded server is."""
    data = {
        "running": True,
        "version": found.version,
        "pid": found.pid,
        "port": found.port,
        "tcp": found.tcp,
        "data_dir": str(found.data_dir),
        "socket_dir": str(found.socket_dir),
        "programs": str(found.programs),
        "conninfo": found.conninfo,
    }
    text = "\n".join(f"{key:<11} {value}" for key, value in data.items() if key != "running")
    emit(text, data, output)


@dataclass(frozen=True)
class Setting:
    """Something that is in force: its name, its value (None where it has none), and from where."""

    name: str
    value: str | None
    source: str


def show_settings(settings: tuple[Setting, ...], output: OutputFormat) -> None:
    """What is in force, and from where."""
    rows = [(visible(s.name), visible(s.value or "-"), visible(s.source)) for s in settings]
    data = {"settings": [asdict(setting) for setting in settings]}
    emit("\n".join(aligned([("setting", "value", "from"), *rows])), data, output)


def show_outcome(text: str, output: OutputFormat) -> None:
    """A result that is one word or sentence."""
    emit(text, {"outcome": text}, output)


def show_value(name: str, text: str, output: OutputFormat) -> None:
    """A value by name."""
    emit(text, {name: text}, output)


def _applied(applied: Applied) -> dict[str, Any]:
    details = {"statements": applied.statements, "seconds": round(applied.seconds, 6)}
    return {**_file(applied.file), **details}


def _file(file: SqlFile) -> dict[str, Any]:
    return {
        "kind": file.kind,
        "version": file.version,
        "name": file.name,
        "path": file.label,
        "checksum": file.checksum,
    }
