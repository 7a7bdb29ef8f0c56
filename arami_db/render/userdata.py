"""What was written about a person, and what was erased."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from arami_db.escape import visible
from arami_db.render.columns import aligned
from arami_db.render.output import OutputFormat, count, emit, note

if TYPE_CHECKING:
    from collections.abc import Sequence

    from arami_db.userdata import Erased, UserExport


def show_user_exported(exported: UserExport, output: OutputFormat) -> None:
    """The tables with rows, and where they were written."""
    _say_unseen(exported.not_looked_into)
    parts = [part for part in exported.tables if part.rows]
    for part in parts:
        if part.rows_naming_others:
            others = count(part.rows_naming_others, "row")
            note(f"{visible(part.table)}: {others} name other people, too; look before you hand on")
    lines = aligned([(visible(part.table), count(part.rows, "row")) for part in parts])
    lines.append(
        f"wrote {count(exported.rows, 'row')} of {count(len(parts), 'table')} to"
        f" {visible(str(exported.directory))}; record {exported.record} in audit.user_data_run"
    )
    data = {**asdict(exported), "rows": exported.rows}
    emit("\n".join(lines), data, output, is_summary=True)


def show_erased(erased: Erased, output: OutputFormat) -> None:
    """What went, or would go."""
    if erased.record is None:
        end = f"would erase {count(erased.rows, 'row')}; nothing was touched"
    else:
        end = (
            f"erased {count(erased.rows, 'row')}; none is left in {count(erased.proved, 'table')};"
            f" record {erased.record} in audit.user_data_run"
        )
    _say_unseen(erased.not_looked_into)
    data = {"dry_run": erased.record is None, **asdict(erased), "rows": erased.rows}
    text = "\n".join([*erased_lines(erased), end])
    emit(text, data, output, is_summary=erased.record is not None)


def erased_lines(erased: Erased) -> list[str]:
    """A line a table."""
    rows = []
    for change in erased.tables:
        went = f"{count(change.deleted, 'row')}" if change.deleted else ""
        stays = f"{count(change.changed, 'row')} changed, and stay" if change.changed else ""
        rows.append((visible(change.table), "; ".join(filter(None, (went, stays)))))
    return aligned(rows) if rows else []


def _say_unseen(tables: Sequence[str]) -> None:
    if tables:
        named = ", ".join(map(visible, tables))
        note(f"not looked into, since this role may not and no key leads there: {named}")
