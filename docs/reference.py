"""Print a page of the reference: `make docs` writes checks.md, questions.md and shapes.md."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from arami_db.drift.findings import Severity
from arami_db.files import SqlFile, discover, packaged_sql_dir
from arami_db.files.question import MonitorQuery, questions
from arami_db.verifying.rules import rules_of

FOLDER = Path(__file__).parent / "json"
TREE = discover(packaged_sql_dir())
CITUS = discover(TREE.root / "distributed", may_be_empty=True)


def checks() -> Iterator[str]:
    """A section for each check, from the comment that its file begins with."""
    yield """# Checks

Written by `make docs` from the files of `sql/checks`. `arami-db verify` asks every one of them,
every time; a row that one returns is a finding. [Verifying a database](verify.md) says how findings
are read, mended and declared."""
    own = [rule for rule in rules_of(()) if "_" not in rule.source]
    for rule in own:
        yield f"\n## {rule.source}\n\n{rule.title}\n\n{rule.why}"
    files = (*TREE.checks, *CITUS.checks)
    for file, rule in zip(files, rules_of(files)[len(own) :], strict=True):
        only = "\n\nAsked of a database on Citus." if file in CITUS.checks else ""
        grave = ", ".join(severities(file))
        yield f"\n## {rule.source}\n\n{rule.title}\n\n{rule.why}\n\nSeverity: {grave}.{only}"


def severities(file: SqlFile) -> list[str]:
    """What a check's rows may have as severity, gravest first."""
    return [each.value for each in Severity if f"'{each}'" in file.text] or ["of its findings"]


def monitor() -> Iterator[str]:
    """A section for each question, by topic."""
    yield """# Questions of `monitor`

Written by `make docs` from the files of `sql/monitor`. [Watching a database](monitoring.md) says
who may ask, and how to add one. A metric is what `--format openmetrics` exports; each has the label
`database` besides those named."""
    topic = ""
    for question in questions(TREE.monitor):
        if question.topic != topic:
            topic = question.topic
            yield f"\n## {topic}"
        yield from section(question)


def section(question: MonitorQuery) -> Iterator[str]:
    """The section of a question."""
    yield f"\n### {question.topic}_{question.name}\n\n{question.title}"
    if why := reason(question.file):
        yield f"\n{why}"
    for others in question.also:
        yield f"\nAlso asked for topic `{others}`."
    if question.labels:
        yield f"\nLabels: {', '.join(f'`{label}`' for label in question.labels)}."
    if question.metrics:
        yield "\n| metric | type | is |\n| --- | --- | --- |"
        for metric in question.metrics:
            yield f"| `{metric.sample}` | {metric.kind} | {metric.help} |"


def reason(file: SqlFile) -> str:
    """The text of a file's comment that begins with Why."""
    header = "\n".join(re.match(r"(?:--.*\n)*", file.text)[0].splitlines()[1:])  # type: ignore[index]
    text = header.partition("-- Why: ")[2]
    stop = re.search(
        r"\n-- (?:(?:gauge|counter|labels|also|extension|asks|noqa)\b|on \w{5}:)", text
    )
    words = text[: stop.start()] if stop else text
    return (words[:1].upper() + words[1:]).replace("\n-- ", "\n")


def shapes() -> Iterator[str]:
    """A section for each schema, with a table for each document that it allows."""
    yield """# What is in the JSON

Written by `make docs` from the schemas beside [What `--format json` writes](json/README.md). `[]`
stands for each entry of a list, `*` for any name. A key that may be missing has a question mark."""
    for path in sorted(FOLDER.glob("*.schema.json"), key=last_errors):
        schema = json.loads(path.read_text(encoding="utf-8"))
        name = path.name.partition(".")[0]
        yield f"\n## {name}\n\n{schema['title']}: [{path.name}](json/{path.name})."
        for each in schema.get("anyOf", [schema]):
            if "$ref" not in each:
                yield (
                    f"\n{each['description']}\n"
                    if "anyOf" in schema and "description" in each
                    else ""
                )
                yield "| key | type | is |\n| --- | --- | --- |"
                for key, kind, text in keys(each, schema, ""):
                    yield f"| `{key}` | {kind} | {text} |"


def last_errors(path: Path) -> tuple[bool, str]:
    """Schemas by name, that of errors last."""
    return path.name.startswith("error"), path.name


def keys(each: dict[str, Any], within: dict[str, Any], prefix: str) -> Iterator[tuple[str, ...]]:
    """The path, type and description of every key of an object or of a list's entries."""
    each, within = resolved(each, within)
    if "items" in each:
        yield from keys(each["items"], within, f"{prefix}[]")
    for part in each.get("anyOf", ()):
        yield from keys(part, within, prefix)
    entries = dict(each.get("properties", {}))
    if isinstance(each.get("additionalProperties"), dict):
        entries["*"] = each["additionalProperties"]
    required = {*each.get("required", ()), "*"}
    for name, entry in entries.items():
        path = f"{prefix}.{name}".removeprefix(".")
        text = entry.get("description", resolved(entry, within)[0].get("description", ""))
        yield path + ("" if name in required else "?"), kind_of(entry, within), escaped(text)
        if name != "consequences":  # each is as what it is a consequence of
            yield from keys(entry, within, path)


def resolved(
    entry: dict[str, Any], within: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a reference leads to, and the schema that this is part of."""
    file, _, path = str(entry.get("$ref", "")).partition("#")
    if not path:
        return entry, within
    if file:
        within = json.loads((FOLDER / file).read_text(encoding="utf-8"))
    found: Any = within
    for name in path.strip("/").split("/"):
        found = found[name]
    return found, within


def kind_of(entry: dict[str, Any], within: dict[str, Any]) -> str:
    """The types that a value may have, or the values themselves."""
    entry, within = resolved(entry, within)
    if "enum" in entry or "const" in entry:
        values = entry.get("enum", [entry.get("const")])
        return ", ".join(f"`{json.dumps(value)}`" for value in values)
    if "anyOf" in entry:
        return " or ".join(dict.fromkeys(kind_of(part, within) for part in entry["anyOf"]))
    types = entry.get("type", "any")
    return " or ".join(types) if isinstance(types, list) else str(types)


def escaped(text: str) -> str:
    """A text that cannot end its cell, or be taken for a tag."""
    return text.replace("|", "\\|").replace("<", "&lt;")


PAGES: dict[str, Callable[[], Iterator[str]]] = {
    "checks": checks,
    "monitor": monitor,
    "shapes": shapes,
}

if __name__ == "__main__":
    for piece in PAGES[sys.argv[1]]():
        print(piece)
