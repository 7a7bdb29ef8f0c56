"""Print a page on the files of checks/ or monitor/: `make docs` writes checks.md, questions.md."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator

from arami_db.drift.findings import Severity
from arami_db.files import SqlFile, discover, packaged_sql_dir
from arami_db.files.question import Question, questions
from arami_db.verifying.rules import rules_of

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


def section(question: Question) -> Iterator[str]:
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


PAGES: dict[str, Callable[[], Iterator[str]]] = {"checks": checks, "monitor": monitor}

if __name__ == "__main__":
    for piece in PAGES[sys.argv[1]]():
        print(piece)
