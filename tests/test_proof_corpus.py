"""The corpus of leaks and of correct designs: each is what it says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from tests.proof import databases
from tests.proof.corpus import CASES
from tests.proof.shown import show


@dataclass(frozen=True)
class Place:
    """Where a case stands."""

    conninfo: str
    schema: str


@pytest.fixture(scope="module")
def places(server: dict[str, str]) -> Iterator[dict[str, Place]]:
    """The place of each case."""
    with ExitStack() as stack:
        template = stack.enter_context(databases.base(server))
        found: dict[str, Place] = {}
        for group in databases.groups():
            conninfo = stack.enter_context(databases.holding(server, template, group))
            found |= {c.id: Place(conninfo, group.schema(c)) for c in group.cases}
        yield found


@pytest.mark.parametrize("name", CASES)
def test_a_case_is_what_it_says(name: str, places: dict[str, Place]) -> None:
    """What is called a leak shows somebody else's row; what is called correct shows none."""
    case, place = CASES[name], places[name]
    assert show(place.conninfo, case, place.schema).wrong(case.kind) is None
