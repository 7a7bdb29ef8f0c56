"""Time the reading of large files: what twice the text costs, as a ratio within one run.

python benchmarks/reading.py [--size N] [--runs N] [--check]

Reading is linear, so the target is about 2; in the square of the size it would be 4.
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
from contextlib import suppress
from pathlib import Path

from arami_db.errors import RefusedFileError
from arami_db.files import SqlFile
from arami_db.files.script import load

TARGET = 3.0
# A text, and what is repeated in it.
KINDS = {
    "statements": ("", "insert into t (a, b) values (1, 'it''s'); -- é\n", ""),
    "one statement": ("insert into t values (0, '')", ",\n(1, 'it''s')", ";"),
    "one body": ("do $$ begin\n", "perform 1;\n", "end $$"),
    "backslash lines in literals": ("", "select $q$\n\\section{x}\nfiller\n$q$;\n", ""),
    "comments in strings": ("", "select 'a' -- it's\n 'b';\n", ""),
    "refused statements": ("", "commit;\n", ""),
    "syntax errors": ("", "selec 1;\n", ""),
    "COPY, many": ("", "copy t from stdin;\n\\N\tit's\n\\.\n", ""),
    "COPY, many rows": ("copy t from stdin;\n", "\\N\tit's $$ /*\n", "\\.\n"),
    "parentheses never closed": ("", "select (1;\n", ""),
}


def seconds(kind: str, number: int, runs: int) -> float:
    """The fastest of some runs, which other work on the machine disturbs least."""
    before, repeated, after = KINDS[kind]
    text = before + repeated * number + after
    file = SqlFile(Path("migrations/001_large.sql"), "migration", 1, "large", text, "")
    return min(_once(file) for _ in range(runs))


def _once(file: SqlFile) -> float:
    load.cache_clear()
    gc.collect()
    started = time.perf_counter()
    with suppress(RefusedFileError):
        load(file)
    return time.perf_counter() - started


def main() -> int:
    """Print a line for each kind; 1 when --check is given and a ratio is above the target."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=50_000, help="repetitions in the larger file")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    gc.disable()  # as the command does
    print(f"{'':<30}{'seconds':>10}{'2n / n':>10}")
    missed = False
    for kind in KINDS:
        half, whole = (seconds(kind, options.size // n, options.runs) for n in (2, 1))
        missed |= whole / half > TARGET
        print(f"{kind:<30}{whole:>10.2f}{whole / half:>10.2f}", flush=True)
    return int(missed and options.check)


if __name__ == "__main__":
    sys.exit(main())
