"""Remedies: each is run, and what it was printed for is gone."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from arami_db.facts import load
from arami_db.files import discover, packaged_sql_dir
from arami_db.verify.asking import differences_within
from arami_db.verify.trial import attempt
from tests.conftest import made
from tests.mutations import FAMILIES, Mutation
from tests.test_catalog import REFUSALS

Connection = psycopg.Connection[Any]
TREE = discover(packaged_sql_dir())
EXPECTED = load(TREE.snapshot)
SAMPLE = None if os.environ.get("ARAMI_ALL_MUTATIONS") else 12  # of a family; all are thousands


@pytest.fixture(scope="module")
def shared(server: dict[str, str], template: str) -> Iterator[Connection]:
    with made(server, template) as found, psycopg.connect(found, autocommit=True) as opened:
        yield opened


def problems(connection: Connection, mutation: Mutation) -> list[str]:
    """What is wrong with the remedies of a mutation."""
    with connection.transaction(force_rollback=True):
        try:
            connection.execute(mutation.sql.encode())
        except REFUSALS:
            return []
        found = differences_within(connection, TREE, EXPECTED)
        trial = attempt(connection, found, lambda: differences_within(connection, TREE, EXPECTED))
    wrong = [f"not tried: {trial.untried}"] if trial.untried else []
    wrong += [f"failed: {error}: {finding.remedy}" for finding, error in trial.failed]
    wrong += [f"new: {finding.message}: {finding.actual}" for finding in trial.new]
    wrong += [f"stays: {f.message}: {f.remedy}" for f in trial.stay if f.remedy]
    return wrong + [
        f"neither remedy nor advice: {f.source} {f.message}"
        for f in found
        if not f.remedy and not f.advice
    ]


@pytest.mark.parametrize("family", FAMILIES)
def test_remedies_mend_what_they_are_printed_for(shared: Connection, family: str) -> None:
    mutations = list(FAMILIES[family](shared))
    if SAMPLE and len(mutations) > SAMPLE:
        mutations = random.Random(family).sample(mutations, SAMPLE)  # noqa: S311
    wrong = {m.id: found for m in mutations if (found := problems(shared, m))}
    assert wrong == {}
