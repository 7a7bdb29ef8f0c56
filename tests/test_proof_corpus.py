"""The corpus of leaks and of correct designs: each is what it says, shown by an attack by hand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.proof import databases
from tests.proof.corpus import CASES
from tests.proof.shown import show


@pytest.fixture(scope="module")
def places(server: dict[str, str]) -> Iterator[dict[str, tuple[str, str]]]:
    """Where each case stands: a database, and the schema in it."""
    with ExitStack() as stack:
        template = stack.enter_context(databases.base(server))
        found: dict[str, tuple[str, str]] = {}
        for group in databases.groups():
            conninfo = stack.enter_context(databases.holding(server, template, group))
            found |= {case.id: (conninfo, databases.place(group, case)) for case in group}
        yield found


@pytest.mark.parametrize("name", CASES)
def test_a_case_is_what_it_says(name: str, places: dict[str, tuple[str, str]]) -> None:
    """What is called a leak shows somebody else's row; what is called correct shows none."""
    conninfo, schema = places[name]
    assert show(conninfo, CASES[name], schema).wrong(CASES[name].kind) is None
