"""Writing answers to stdout once."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

from arami_db.render.columns import width_of

if TYPE_CHECKING:
    from arami_db.monitor.model import Answer

_USUAL_WIDTH = 80


class MonitorFormat(StrEnum):
    """The formats of monitor's stdout."""

    TEXT = "text"
    JSON = "json"
    OPENMETRICS = "openmetrics"


def show_answers(
    answers: Sequence[Answer], database: str, output: MonitorFormat, *, in_a_row: bool = False
) -> None:
    """Write answers.

    Args:
        answers: the answer to each query.
        database: its name.
        output: the format.
        in_a_row: whether more rounds follow: then JSON is one line, and text ends in an empty line.
    """
    if output is MonitorFormat.JSON:
        from arami_db.render.monitor.data import as_data

        print(json.dumps(as_data(answers, database), indent=None if in_a_row else 2))
    elif output is MonitorFormat.OPENMETRICS:
        from arami_db.render.monitor.openmetrics import exposition

        print(exposition(answers, database))
    else:
        from arami_db.render.monitor.text import as_lines

        lines = as_lines(answers, width_of(sys.stdout) or _USUAL_WIDTH)
        print(*(line.text for line in lines), sep="\n", end="\n\n" if in_a_row else "\n")
