"""What the comments at the top of a file of monitor/ say: title, labels, metrics, ways out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from arami_db.errors import Refusal, RefusedFileError
from arami_db.files.sqlfile import SqlFile

UNITS = ("bytes", "seconds", "ratio")
# Every series carries these already: which database, or of which question it speaks.
RESERVED = ("database", "topic", "question")
OWN_TOPIC = "monitor"  # of the metrics that say how the asking itself went
_NAME = r"[a-z_][a-z0-9_]*"
_STEM = re.compile(r"([a-z][a-z0-9]*)(?:_([a-z0-9_]+))?")
_TITLE = re.compile(r"-- [0-9]+[_-]\S+: (.+)")
_LINE = re.compile(
    rf"-- (?:(?P<type>gauge|counter) (?P<column>{_NAME}): (?P<help>\S.*)"
    r"|on (?P<state>[0-9A-Z]{5}): (?P<way>\S.*)"
    rf"|labels: (?P<labels>{_NAME}(?:, {_NAME})*)"
    r"|also: (?P<also>[a-z][a-z0-9]*)"
    r"|extension: (?P<extension>\S+)"
    r"|asks: checks/(?P<asks>\S+))\s*"
)
_MEANT = re.compile(r"-- ((gauge|counter)( \S+)?:|on [0-9A-Z]{5}\b|(labels|also|extension|asks):)")
_HINT = (
    "Write: -- labels: a, b; -- gauge COLUMN: what it is; -- counter COLUMN: what it counts;"
    " -- on SQLSTATE: the way out; -- also: TOPIC; -- extension: NAME; -- asks: checks/NNN_name"
)


@dataclass(frozen=True)
class Metric:
    """A column whose number is exported.

    Attributes:
        column: its name; one that ends in bytes, seconds or ratio has that unit.
        kind: "gauge" or "counter".
        help: what it is, in a few words.
        family: its name in an exposition, without the _total of a counter.
    """

    column: str
    kind: str
    help: str
    family: str

    @property
    def sample(self) -> str:
        """What its values are called in an exposition."""
        return f"{self.family}_total" if self.kind == "counter" else self.family


@dataclass(frozen=True)
class MonitorQuery:
    """A file of monitor/, and what its comments say.

    Attributes:
        file: where it stands.
        topic: the first word of its name.
        name: the rest of it.
        also: further topics that it is asked for.
        title: what it shows.
        labels: the columns that tell rows apart in an exposition.
        metrics: the columns that are exported.
        extension: which extension it reads, whose schema stands where it says :"schema".
        asks: the check whose rows it calls asked.
        ways: what to do about an error, by SQLSTATE; :"role" stands for whoever asks.
    """

    file: SqlFile
    topic: str
    name: str
    also: tuple[str, ...]
    title: str
    labels: tuple[str, ...]
    metrics: tuple[Metric, ...]
    extension: str | None
    asks: str | None
    ways: Mapping[str, str]

    @property
    def topics(self) -> tuple[str, ...]:
        """Every topic that it is asked for."""
        return (self.topic, *self.also)


def unit_of(column: str) -> str | None:
    """The unit that a column's name ends in."""
    return next((unit for unit in UNITS if f"_{column}".endswith(f"_{unit}")), None)


def questions(files: Iterable[SqlFile]) -> tuple[MonitorQuery, ...]:
    """Read the comments of the files of monitor/.

    Args:
        files: as SqlTree.monitor has them.

    Returns:
        The questions, in the files' order.

    Raises:
        RefusedFileError: a comment or a name is not what it is meant to be, or two files export
            the same metric; names each place.
    """
    refusals: list[Refusal] = []
    found: list[MonitorQuery] = []
    exported: dict[str, str] = {}
    for file in files:
        try:
            question = _question(file)
        except RefusedFileError as error:
            refusals += error.refusals
            continue
        found.append(question)
        for name in {
            name for metric in question.metrics for name in (metric.family, metric.sample)
        }:
            if other := exported.get(name):
                reason = f"exports {name}, as {other} does"
                hint = "A metric is named by topic and column: name a column otherwise."
                refusals.append(Refusal(file.label, None, None, reason, hint))
            exported[name] = file.label
    if refusals:
        raise RefusedFileError(refusals=refusals)
    return tuple(found)


def _question(file: SqlFile) -> MonitorQuery:
    stem = _STEM.fullmatch(file.name)
    if stem is None or stem[1] == OWN_TOPIC:
        raise _refused(file, None, "is not named NNN_topic_name.sql, in lower case", "Rename it.")
    topic, name = stem[1], stem[2] or stem[1]
    lines = _header(file)
    title = _TITLE.fullmatch(file.text.partition("\n")[0])
    labels = tuple(label for text in _all(lines, "labels") for label in text.split(", "))
    if taken := {*RESERVED} & {*labels}:
        raise _refused(file, None, f"{taken.pop()} is a label that every series has", "Rename it.")
    return MonitorQuery(
        file=file,
        topic=topic,
        name=name,
        also=tuple(_all(lines, "also")),
        title=title[1].strip() if title else name.replace("_", " "),
        labels=labels,
        metrics=tuple(_metric(topic, line) for line in lines if line["column"]),
        extension=next(iter(_all(lines, "extension")), None),
        asks=next(iter(_all(lines, "asks")), None),
        ways=_ways(lines),
    )


def _all(lines: Iterable[re.Match[str]], what: str) -> list[str]:
    return [line[what] for line in lines if line[what]]


def _metric(topic: str, line: re.Match[str]) -> Metric:
    column, kind = line["column"], line["type"]
    plain = column.removesuffix("_total") if kind == "counter" else column
    return Metric(column, kind, line["help"].strip(), f"arami_{topic}_{plain}")


def _ways(lines: Iterable[re.Match[str]]) -> dict[str, str]:
    """What is said of each error; of one that stands several times, all of it."""
    ways: dict[str, str] = {}
    for line in lines:
        if state := line["state"]:
            ways[state] = f"{ways.get(state, '')} {line['way'].strip()}".strip()
    return ways


def _header(file: SqlFile) -> list[re.Match[str]]:
    """The comments at the top of a file that say something to this tool."""
    found = []
    for number, line in enumerate(file.text.split("\n"), 1):
        if not line.startswith("--"):
            break
        if match := _LINE.fullmatch(line):
            found.append(match)
        elif _MEANT.match(line):
            raise _refused(file, number, f"says what cannot be made out: {line[:60]}", _HINT)
    return found


def _refused(file: SqlFile, line: int | None, reason: str, hint: str) -> RefusedFileError:
    return RefusedFileError(refusals=[Refusal(file.label, line, 1 if line else None, reason, hint)])
