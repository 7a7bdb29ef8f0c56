"""What `doctor` has found: what there is, each command, and the block for an administrator."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from arami_db.administrator import block
from arami_db.escape import visible
from arami_db.render.output import OutputFormat, emit

if TYPE_CHECKING:
    from arami_db.doctor import Diagnosis, Extension, LedgerStanding, ServerSetting, Verdict

_LABEL, _WIDTH = 12, 80
_OF_ROLE = (
    "login",
    "attributes",
    "member_of",
    "database_owner",
    "owns_database",
    "may_create_schemas",
    "may_create_in_public",
    "tables_of",
)
_SKEW = 5  # seconds; a smaller difference between the clocks is not shown


def show_diagnosis(diagnosis: Diagnosis, output: OutputFormat) -> None:
    """All of it, for people or for programs."""
    emit("\n".join(_lines(diagnosis)), _data(diagnosis), output)


def _lines(diagnosis: Diagnosis) -> Iterator[str]:
    server, around = diagnosis.server, diagnosis.around
    special = [
        "standby" if server.standby else "read-only" if server.read_only else "",
        "through a pooler" if server.pooled else "no pooler between",
    ]
    yield from _row(
        "server",
        f"PostgreSQL {around.version}, {around.platform}, {', '.join(filter(None, special))}",
    )
    yield from _row("role", _role(diagnosis))
    yield from _row("database", _database(diagnosis))
    yield from _row("connections", f"{around.free} left of {around.most} ({around.limited_by})")
    yield from _row("clock", _clock(diagnosis))
    yield from _row("ledger", _ledger(diagnosis.standing))
    yield from _rows("extensions", [_extension(one) for one in diagnosis.extensions])
    yield from _rows("settings", [_setting(one) for one in diagnosis.settings])
    yield ""
    in_block = {need.reason for need in diagnosis.needs}
    for verdict in diagnosis.verdicts:
        yield from _verdict(verdict, in_block)
    yield ""
    if diagnosis.needs:
        yield block(diagnosis.needs, server.database)
    else:
        yield "There is nothing for an administrator to run."


def _role(diagnosis: Diagnosis) -> str:
    around = diagnosis.around
    login = f", logged in as {around.login}" if around.login != around.role else ""
    powers = ", ".join(around.attributes) or "no attribute of power"
    member = f"; member of {', '.join(around.member_of)}" if around.member_of else ""
    return f"{around.role}{login}: {powers}{member}"


def _database(diagnosis: Diagnosis) -> str:
    around = diagnosis.around
    owner = f"{diagnosis.server.database}, owned by {around.database_owner}"
    may = {
        "make schemas": around.may_create_schemas,
        "make tables in public": around.may_create_in_public,
    }
    rights = [f"{'may' if held else 'may not'} {what}" for what, held in may.items()]
    tables = f"; the tables belong to {around.tables_of}" if around.tables_of else ""
    return f"{owner}; the role {', '.join(rights)}{tables}"


def _clock(diagnosis: Diagnosis) -> str:
    seconds = diagnosis.skew.total_seconds()
    apart = "as here"
    if abs(seconds) >= _SKEW:
        apart = f"{abs(seconds):.0f} s {'ahead of' if seconds > 0 else 'behind'} the one here"
    now = diagnosis.around.now
    return f"{now:%Y-%m-%d %H:%M:%S %Z}, {apart}; sessions are in {diagnosis.around.time_zone}"


def _ledger(standing: LedgerStanding) -> str:
    if standing.state == "none":
        return f"none: {standing.pending} files to apply"
    if standing.state == "unreadable":
        return "may not be read by this role"
    ahead = f"; {standing.ahead}" if standing.ahead else ""
    return f"{standing.applied} files applied, {standing.pending} to come{ahead}"


def _extension(extension: Extension) -> str:
    if extension.installed:
        return f"{extension.name} {extension.installed} in schema {extension.schema}"
    if extension.available:
        return f"{extension.name} {extension.available} available"
    return f"{extension.name} not available on this server"


def _setting(setting: ServerSetting) -> str:
    return f"{setting.name} = {setting.value or repr('')}  ({setting.source})"


def _verdict(verdict: Verdict, in_block: set[str]) -> Iterator[str]:
    """A command, and why it does not work; of what the block mends it is not told how."""
    yield f"{verdict.command:<20}{verdict.outcome}"
    for text in dict.fromkeys(reason.reason for reason in verdict.reasons):
        yield from _wrapped(text, "    ", "  - ")
        if text not in in_block:
            fix = next(reason.fix for reason in verdict.reasons if reason.reason == text)
            yield from _wrapped(fix, "    ")


def _row(label: str, text: str) -> Iterator[str]:
    return _rows(label, [text])


def _rows(label: str, texts: list[str]) -> Iterator[str]:
    first = f"{label:<{_LABEL}}"
    for text in texts:
        yield from _wrapped(text, " " * _LABEL, first)
        first = " " * _LABEL


def _wrapped(text: str, indent: str, first: str | None = None) -> list[str]:
    """Lines of at most 80 columns; a word that is longer stays whole, to be copied."""
    return textwrap.wrap(
        visible(" ".join(text.split())),
        _WIDTH,
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _data(diagnosis: Diagnosis) -> dict[str, Any]:
    server, around = diagnosis.server, diagnosis.around
    return {
        "server": {
            **_some(around, "version", "platform"),
            **_some(server, "database", "standby", "read_only", "pooled"),
        },
        "role": {"name": around.role, **_some(around, *_OF_ROLE)},
        "connections": {"limit": around.limited_by, **_some(around, "most", "free")},
        "clock": {
            "now": around.now.isoformat(),
            "ahead_seconds": round(diagnosis.skew.total_seconds(), 3),
            "time_zone": around.time_zone,
        },
        "extensions": [asdict(extension) for extension in diagnosis.extensions],
        "settings": [asdict(setting) for setting in diagnosis.settings],
        "ledger": _some(diagnosis.standing, "state", "applied", "pending", "ahead"),
        "commands": [
            {
                **_some(verdict, "command", "outcome"),
                "reasons": [asdict(reason) for reason in verdict.reasons],
            }
            for verdict in diagnosis.verdicts
        ],
        "needs": [asdict(need) for need in diagnosis.needs],
        "block": block(diagnosis.needs, server.database) if diagnosis.needs else None,
    }


def _some(whole: object, *names: str) -> dict[str, Any]:
    """Some attributes, by name."""
    return {name: getattr(whole, name) for name in names}
