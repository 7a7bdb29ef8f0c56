"""Every case, from the files beside this one."""

from __future__ import annotations

from pathlib import Path

from tests.proof import case, conditions

HERE = Path(__file__).parent  # the base, as a --sql-dir
CASES: dict[str, case.Case] = {
    made.id: made for made in (*conditions.cases(), *case.read(HERE / "cases"))
}
