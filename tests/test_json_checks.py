"""The four JSONB structures of a session: what the document describes, and nothing near it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import ALICE, made
from tests.documented import (
    CHECK_VIOLATION,
    EMOTION,
    GOAL,
    INSIGHT,
    METADATA,
    Connection,
    insert,
    outcome,
    row_for,
)

LIVE_AND_ARCHIVE = ("daily_sessions", "daily_sessions_archive")

# jsonb holds every string but those with U+0000; lone surrogates are not text at all.
text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
number = st.integers(-(10**9), 10**9) | st.floats(allow_nan=False, allow_infinity=False)


def between(low: int, high: int) -> st.SearchStrategy[int | float]:
    return st.integers(low, high) | st.floats(low, high)


def outside(low: int, high: int) -> st.SearchStrategy[int | float]:
    return (
        st.integers(max_value=low - 1)
        | st.integers(min_value=high + 1)
        | st.floats(max_value=low, exclude_max=True, allow_infinity=False, allow_subnormal=False)
        | st.floats(min_value=high, exclude_min=True, allow_infinity=False)
    )


emotion = st.fixed_dictionaries(
    {"emotion": text, "intensity": between(1, 5), "color": text, "confidence": between(0, 1)}
)
insight = st.fixed_dictionaries({"insight": text, "category": text, "importance": between(1, 5)})
goal = st.fixed_dictionaries(
    {
        "category": text,
        "description": text,
        "smart_goal": text,
        "timeframe": text,
        "priority": between(1, 5),
    }
)
metadata = st.fixed_dictionaries(
    {"ai_agent_version": text},
    optional={
        "voice_quality_score": number,
        "user_engagement_score": number,
        "technical_issues": st.lists(text, max_size=3),
        "external_conversation_id": text,
    },
)

ELEMENTS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "emotional_snapshot": emotion,
    "key_insights": insight,
    "suggested_goals": goal,
}
VALID: dict[str, st.SearchStrategy[Any]] = {
    **{column: st.lists(element, max_size=3) for column, element in ELEMENTS.items()},
    "key_insights": st.lists(text | insight, max_size=3),
    "session_metadata": metadata,
}
RANGES = {
    "intensity": (1, 5),
    "confidence": (0, 1),
    "importance": (1, 5),
    "priority": (1, 5),
}

# Of every JSON type a few values, by the name Python gives the type.
SAMPLES: dict[type, list[Any]] = {
    str: ["", "3", "null"],
    int: [0, 1, 3, 0.5],
    bool: [True, False],
    list: [[], ["a"], [1]],
    dict: [{}, {"a": 1}],
    type(None): [None],
}


def of_another_type(held: Any) -> st.SearchStrategy[Any]:
    """JSON values of every type but that of the value held."""
    kind = int if isinstance(held, float) else type(held)
    return st.sampled_from([v for k, values in SAMPLES.items() if k is not kind for v in values])


@st.composite
def mutated(draw: st.DrawFn, held: dict[str, Any], required: frozenset[str]) -> dict[str, Any]:
    """An object with one fault: a key too few or too many, a wrong type, a number out of range."""
    key = draw(st.sampled_from(sorted(held)))
    ways = ["extra", "type"]
    ways += ["drop"] if key in required else []
    ways += ["range"] if key in RANGES else []
    ways += ["item"] if key == "technical_issues" else []
    match draw(st.sampled_from(ways)):
        case "extra":
            extra = draw(text.filter(lambda name: name not in METADATA.keys() | held.keys()))
            return {**held, extra: draw(st.none() | text | number)}
        case "drop":
            return {name: value for name, value in held.items() if name != key}
        case "range":
            return {**held, key: draw(outside(*RANGES[key]))}
        case "item":
            return {**held, key: [*held[key], draw(of_another_type("text"))]}
        case _:
            return {**held, key: draw(of_another_type(held[key]))}


@st.composite
def faulty(draw: st.DrawFn, column: str) -> Any:
    """A valid value of a column with a single fault."""
    if column == "session_metadata":
        held = draw(metadata)
        faults = [mutated(held, frozenset({"ai_agent_version"})), st.just([held])]
        return draw(st.one_of(*faults, of_another_type(held)))
    held = draw(ELEMENTS[column])
    strings = ["a string"] if column != "key_insights" else []
    wrong = st.one_of(
        mutated(held, frozenset(held)),
        st.sampled_from([None, 0, 1.5, True, False, [], {}, [held], [[]], ["a"], *strings]),
    )
    values = draw(VALID[column])
    place = draw(st.integers(0, len(values)))
    whole = st.sampled_from([None, held, {}, "", "a string", 0, 1, True, False])
    return draw(st.just([*values[:place], draw(wrong), *values[place:]]) | whole)


@pytest.fixture(scope="module")
def sessions(server: dict[str, str], template: str) -> Iterator[Connection]:
    """One user with a live and an archived session, whose columns the tests try to set."""
    with made(server, template) as conninfo, psycopg.connect(conninfo, autocommit=True) as opened:
        insert(opened, "users", row_for("users", ALICE))
        for table in LIVE_AND_ARCHIVE:
            insert(opened, table, row_for(table, ALICE))
            opened.execute(f"alter table public.{table} disable trigger user")
        yield opened


def stored(connection: Connection, column: str, content: str | None) -> set[int | str]:
    """What comes of setting a column, live and archived: the same for both, or two outcomes."""
    with connection.transaction(force_rollback=True):
        return {
            outcome(connection, f"update public.{table} set {column} = %s", content)
            for table in LIVE_AND_ARCHIVE
        }


every_column = pytest.mark.parametrize("column", VALID)


@every_column
@given(data=st.data())
def test_every_value_of_the_documented_structure_is_accepted(
    sessions: Connection, column: str, data: st.DataObject
) -> None:
    valid = data.draw(VALID[column])
    assert stored(sessions, column, json.dumps(valid)) == {1}


@every_column
@given(data=st.data())
def test_a_value_with_a_single_fault_is_refused(
    sessions: Connection, column: str, data: st.DataObject
) -> None:
    invalid = data.draw(faulty(column))
    assert stored(sessions, column, json.dumps(invalid)) == {CHECK_VIOLATION}


@every_column
def test_sql_null_says_that_nothing_is_known_and_is_accepted(
    sessions: Connection, column: str
) -> None:
    assert stored(sessions, column, None) == {1}


@every_column
@pytest.mark.parametrize("whole", ["null", "true", "0", '""', '"calm"', "[null]", "[[]]", "[[[]]]"])
def test_json_null_scalars_and_nested_arrays_are_refused(
    sessions: Connection, column: str, whole: str
) -> None:
    assert stored(sessions, column, whole) == {CHECK_VIOLATION}


@pytest.mark.parametrize("column", ELEMENTS)
def test_a_list_may_be_empty_but_not_an_object(sessions: Connection, column: str) -> None:
    assert stored(sessions, column, "[]") == {1}
    assert stored(sessions, column, "{}") == {CHECK_VIOLATION}


EXAMPLES = {"emotional_snapshot": EMOTION, "key_insights": INSIGHT, "suggested_goals": GOAL}


@pytest.mark.parametrize(
    ("column", "key"), [(column, key) for column, example in EXAMPLES.items() for key in example]
)
def test_every_documented_key_is_required_and_typed(
    sessions: Connection, column: str, key: str
) -> None:
    example: dict[str, Any] = dict(EXAMPLES[column])
    assert stored(sessions, column, json.dumps([example])) == {1}
    without = {name: value for name, value in example.items() if name != key}
    wrong: list[Any] = [without, {**without, key: None}, {**without, key: []}]
    wrong.append({**without, key: True})
    wrong.append({**without, key: 3 if isinstance(example[key], str) else "3"})
    for element in wrong:
        # First, last and among good ones.
        for whole in ([element], [element, example], [example, element]):
            assert stored(sessions, column, json.dumps(whole)) == {CHECK_VIOLATION}, whole


@pytest.mark.parametrize(
    ("column", "key"),
    [(column, key) for column, example in EXAMPLES.items() for key in example if key in RANGES],
)
def test_a_scale_holds_its_borders_and_nothing_beyond(
    sessions: Connection, column: str, key: str
) -> None:
    low, high = RANGES[key]
    borders: dict[float, set[int | str]] = {
        low: {1},
        high: {1},
        low - 0.001: {CHECK_VIOLATION},
        high + 0.001: {CHECK_VIOLATION},
    }
    found = {
        edge: stored(sessions, column, json.dumps([{**EXAMPLES[column], key: edge}]))
        for edge in borders
    }
    assert found == borders


@pytest.mark.parametrize("key", METADATA)
def test_of_the_metadata_only_the_agents_version_is_required(
    sessions: Connection, key: str
) -> None:
    rest = {name: value for name, value in METADATA.items() if name != key}
    required = key == "ai_agent_version"
    expected: set[int | str] = {CHECK_VIOLATION} if required else {1}
    assert stored(sessions, "session_metadata", json.dumps(rest)) == expected
    null = json.dumps({**METADATA, key: None})
    assert stored(sessions, "session_metadata", null) == {CHECK_VIOLATION}


@pytest.mark.parametrize("issues", [[1], ["echo", None], [["echo"]], [{}], [True], {}, "echo"])
def test_technical_issues_are_strings(sessions: Connection, issues: object) -> None:
    for accepted in ([], ["echo", "lag"]):
        whole = json.dumps({**METADATA, "technical_issues": accepted})
        assert stored(sessions, "session_metadata", whole) == {1}
    whole = json.dumps({**METADATA, "technical_issues": issues})
    assert stored(sessions, "session_metadata", whole) == {CHECK_VIOLATION}
