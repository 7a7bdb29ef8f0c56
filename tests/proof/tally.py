"""How many cases got which verdict, by the file that they stand in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from tests.proof.corpus import CASES

TITLES = {
    "conditions": "a second way in, by a row's own values",
    "claims": "claims, headers and settings that users set",
    "owners": "owners, members, roles, shares",
    "writes": "writes, triggers, rules, partitions, storage",
    "views": "views and schemas",
    "functions": "functions",
    "designs": "designs of teams",
    "applications": "shapes met in applications",
    "unseen_designs": "designs of applications, written unseen",
    "kept_back": "kept back while the proof was written",
    "unseen": "written by who had not seen the proof",
    "unseen_again": "written again by who had not seen the proof",
}


def table(said: Mapping[str, str], kinds: tuple[str, ...], verdicts: tuple[str, ...]) -> str:
    """A table, in Markdown: a row for each file and one for all.

    Args:
        said: the verdict on each case.
        kinds: the kinds of cases that count.
        verdicts: the columns, in order.
    """
    chosen = [CASES[name] for name in said if CASES[name].kind in kinds]
    lines = [["", "cases", *verdicts]]
    for file, title in {**TITLES, "": "all"}.items():
        mine = [case.id for case in chosen if not file or case.file == file]
        counted = Counter(said[name] for name in mine)
        if mine:
            numbers = [len(mine), *(counted[verdict] for verdict in verdicts)]
            lines.append([title, *map(str, numbers)])
    lines.insert(1, ["---", *["---:"] * (len(verdicts) + 1)])
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
