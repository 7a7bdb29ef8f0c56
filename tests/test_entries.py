"""What a version's file and its row in the ledger say together: case by case, no database."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from arami_db.errors import RefusedFileError, UsageError
from arami_db.files import discover
from arami_db.ledger import Ledger, Row
from arami_db.ledger.plan import EntryState, Plan, make_plan, references
from arami_db.runner.gaps import gaps, refuse_gaps

pytestmark = pytest.mark.quick

FOLDERS = {"m": "migrations", "v": "views", "d": "distributed", "r": "distributed/views"}
KINDS = {"m": "migration", "v": "view", "d": "distributed", "r": "view"}


def planned(root: Path, files: str, rows: str, first: int | None = None) -> Plan:
    """The plan of files and rows that are written as words: m2b=x is migration 2, b, of text x."""
    for kind, number, name, text in map(parted, files.split()):
        path = root / FOLDERS[kind] / f"{number:03}_{name}.sql"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    known = {}
    for kind, number, name, text in map(parted, rows.split()):
        of, checksum = KINDS[kind], sha256(text.encode()).hexdigest()
        entered = (of, number, name, checksum, "migrate", datetime.now(UTC), 0.0, "owner")
        known[of, number] = Row(*entered)
    tree = discover(root, may_be_empty=True, first_version=first)
    return make_plan(tree, Ledger(exists=True, rows=known))


def parted(word: str) -> tuple[str, int, str, str]:
    name, text = word.split("=")
    return name[0], int(name[1:-1]), name[-1], text


def told(plan: Plan) -> str:
    """The entries as words: m2:changed, and m2:swapped<3 where 3 is the twin."""
    return " ".join(
        f"{entry.kind[0]}{entry.version}:{entry.state.value.replace(' ', '-')}"
        + (f"<{entry.twin}" if entry.twin is not None else "")
        for entry in plan.entries
    )


# Files, rows, and what each version is.
STATES = {
    "nothing": ("", "", ""),
    "new": ("m1a=x m2b=y", "", "m1:pending m2:pending"),
    "applied": ("m1a=x", "m1a=x", "m1:applied"),
    "renamed": ("m1b=x", "m1a=x", "m1:renamed"),
    "edited": ("m1a=y", "m1a=x", "m1:changed"),
    "edited and renamed": ("m1b=y", "m1a=x", "m1:changed"),
    "above": ("m1a=x m3c=z", "m1a=x", "m1:applied m3:pending"),
    "between": ("m1a=x m2b=y m3c=z", "m1a=x m3c=z", "m1:applied m2:out-of-order m3:applied"),
    "below": ("m1a=x m2b=y", "m2b=y", "m1:out-of-order m2:applied"),
    "gone": ("m1a=x m3c=z", "m1a=x m2b=y m3c=z", "m1:applied m2:missing m3:applied"),
    "all gone": ("", "m1a=x", "m1:missing"),
    "the lowest number gone": ("m1a=x", "m0z=z m1a=x", "m0:missing m1:applied"),
    "ahead": ("m1a=x", "m1a=x m2b=y", "m1:applied m2:ahead"),
    "moved up": ("m2a=x", "m1a=x", "m1:renumbered<2 m2:renumbered<1"),
    "moved up and renamed": ("m2b=x", "m1a=x", "m1:renumbered<2 m2:renumbered<1"),
    "exchanged": ("m1b=y m2a=x", "m1a=x m2b=y", "m1:swapped<2 m2:swapped<1"),
    "exchanged, names kept": ("m1a=y m2b=x", "m1a=x m2b=y", "m1:swapped<2 m2:swapped<1"),
    "moved by one, and a new one": (
        "m1n=n m2a=x m3b=y",
        "m1a=x m2b=y",
        "m1:renumbered<2 m2:renumbered<1 m3:renumbered<2",
    ),
    "another file has the text too, and the name tells": (
        "m1c=z m2a=x m3b=x",
        "m1a=x",
        "m1:renumbered<2 m2:renumbered<1 m3:pending",
    ),
    "another file has the text too, and no name tells": (
        "m1c=z m2d=x m3b=x",
        "m1a=x",
        "m1:changed m2:pending m3:pending",
    ),
    "a row has one twin": (
        "m3a=x m4a=x",
        "m1a=x m2a=x",
        "m1:renumbered<3 m2:renumbered<4 m3:renumbered<1 m4:renumbered<2",
    ),
    "what is in place is not a twin": ("m1a=x m2a=x", "m1a=x", "m1:applied m2:pending"),
    # Views run again when their text changes.
    "new view": ("v1a=x", "", "v1:pending"),
    "view in place": ("v1a=x", "v1a=x", "v1:applied"),
    "renamed view": ("v1b=x", "v1a=x", "v1:renamed"),
    "changed view": ("v1a=y", "v1a=x", "v1:pending"),
    "view between": ("v1a=x v2b=y v3c=z", "v1a=x v3c=z", "v1:applied v2:pending v3:applied"),
    "view gone": ("v2b=y", "v1a=x v2b=y", "v1:missing v2:applied"),
    "view ahead": ("v1a=x", "v1a=x v2b=y", "v1:applied v2:ahead"),
    "view ahead of none": ("", "v1a=x", "v1:ahead"),
    "moved view": ("v2a=x v3b=y", "v1a=x v3b=y", "v1:renumbered<2 v2:renumbered<1 v3:applied"),
    "a changed view takes no other's place": (
        "v1a=y v2b=x",
        "v1a=x v2b=y",
        "v1:pending v2:pending",
    ),
    "a view of a newer release stays": (
        "m1a=x v1a=y",
        "m1a=x m2b=y v1a=z",
        "m1:applied m2:ahead v1:ahead",
    ),
    "a newer release's view is not a twin": (
        "m1a=x v1a=z",
        "m1a=x m2b=y v2a=z",
        "m1:applied m2:ahead v1:ahead v2:ahead",
    ),
    "beside a view more, a changed one stays": (
        "m1a=x v1a=y",
        "m1a=x v1a=z v2b=q",
        "m1:applied v1:ahead v2:ahead",
    ),
    "files that bring migrations are the newer ones": (
        "m1a=x m2b=y v1a=y",
        "m1a=x v1a=z v2b=q",
        "m1:applied m2:pending v1:pending v2:missing",
    ),
    # Files of distributed/ count where one of them is applied.
    "not distributed": ("m1a=x d1a=y", "m1a=x", "m1:applied"),
    "distributed": (
        "m1a=x d1a=y d2b=z v1a=v v2b=w r2b=q",
        "m1a=x d1a=y v1a=v v2b=w",
        "m1:applied d1:applied d2:pending v1:applied v2:pending",
    ),
}


@pytest.mark.parametrize(("files", "rows", "expected"), STATES.values(), ids=STATES.keys())
def test_a_version_has_the_state_that_its_file_and_its_row_give(
    files: str, rows: str, expected: str, tmp_path: Path
) -> None:
    assert told(planned(tmp_path, files, rows)) == expected


def test_what_lies_below_the_first_version_is_history(tmp_path: Path) -> None:
    plan = planned(tmp_path, "m5e=x v1a=y", "m1a=a m4d=d m5e=x v1a=y v2b=z", first=5)
    assert told(plan) == "m1:history m4:history m5:applied v1:applied v2:ahead"
    gone = planned(tmp_path / "gone", "m6f=y", "m4d=d m5e=x", first=5)
    assert told(gone) == "m4:history m5:missing m6:pending"


def test_an_entry_is_named_by_its_file_or_else_by_its_row(tmp_path: Path) -> None:
    plan = planned(tmp_path, "m1b=x v1c=y", "m1a=x m2d=y v1c=y v22e=z d3f=q")
    said = [(entry.name, entry.label) for entry in plan.entries]
    assert said == [
        ("b", "migrations/001_b"),
        ("d", "migrations/002_d"),
        ("f", "distributed/003_f"),
        ("c", "views/001_c"),
        ("e", "views/022_e"),
    ]


def test_a_database_that_is_ahead_names_three_of_what_is_new(tmp_path: Path) -> None:
    plan = planned(tmp_path, "m1a=x v1a=y", "m1a=x v1a=q m2b=b m3c=c m4d=d")
    before = "this database is ahead of these files: a newer release applied "
    three = "migrations/002_b, migrations/003_c, migrations/004_d"
    assert plan.ahead == before + three  # not the view, which has a file
    more = planned(tmp_path, "", "m1a=x v1a=y m2b=b m3c=c m4d=d m5e=e m6f=f")
    assert more.ahead == f"{before}{three} and 2 more"
    assert planned(tmp_path, "", "m1a=x v1a=y").ahead is None


def test_a_twin_is_found_among_its_own_kind(tmp_path: Path) -> None:
    plan = planned(tmp_path, "m2a=x v1z=y", "m1a=x v1z=y")
    old, new, view = plan.entries
    assert (plan.twin(old), plan.twin(new), plan.twin(view)) == (new, old, None)
    assert Plan((old,)).twin(old) is None
    assert [plan.holds_twin(entry) for entry in plan.entries] == [False, True, False]
    moved = planned(tmp_path, "m1n=n", "m1a=x")
    assert [moved.holds_twin(entry) for entry in moved.entries] == [False, True, False]


def test_all_files_of_a_distribution_run_again_and_nothing_else(tmp_path: Path) -> None:
    plan = planned(tmp_path, "m1a=x d1a=y d2c=z v1a=v", "m1a=x d1a=y d2b=z d3d=q v1a=v")
    expected = "m1:applied d1:pending d2:pending d3:ahead v1:applied"
    assert told(plan.distributing()) == expected


UP_TO = {
    "all": (None, "m1:applied m3:pending m5:pending v1:pending v2:applied"),
    "some": (3, "m1:applied m3:pending v2:applied"),
    "none": (1, "m1:applied v2:applied"),
    "the last": (5, "m1:applied m3:pending m5:pending v1:pending v2:applied"),
}


@pytest.mark.parametrize(("target", "expected"), UP_TO.values(), ids=UP_TO.keys())
def test_views_wait_until_no_migration_is_held_back(
    target: int | None, expected: str, tmp_path: Path
) -> None:
    plan = planned(tmp_path, "m1a=x m3c=y m5e=z v1a=v v2b=w", "m1a=x v2b=w")
    held = plan.up_to(target)
    assert told(held) == expected
    assert [file.title for file in held.pending] == [
        entry.label for entry in held.entries if entry.state is EntryState.PENDING
    ]


def test_a_target_out_of_order_is_held_back_too_and_an_unknown_one_refused(tmp_path: Path) -> None:
    plan = planned(tmp_path, "m1a=x m2b=y m3c=z", "m1a=x m3c=z m4d=q")
    assert told(plan.up_to(1)) == "m1:applied m3:applied m4:ahead"
    with pytest.raises(UsageError, match=r"^no migration 4; there is 1 to 3$"):
        plan.up_to(4)
    with pytest.raises(UsageError, match=r"^no migration 1; there is none$"):
        Plan(()).up_to(1)


def test_entries_are_referred_to_as_repair_reads_them(tmp_path: Path) -> None:
    files = "m1a=a m2b=b m3c=c m5e=e m8h=h m9i=i d1a=x d2b=y v1a=v v2b=w"
    plan = planned(tmp_path, files, "d1a=x")
    chosen = [entry for entry in plan.entries if entry.version != 3]
    assert references(plan, tuple(chosen)) == ["1-2,5-9", "distributed/1-2", "views/1-2"]
    one = [entry for entry in plan.entries if entry.label in {"views/002_b", "migrations/003_c"}]
    assert references(plan, tuple(one)) == ["3", "views/2"]
    assert references(plan, ()) == []


FILL = "Restore what is missing, or renumber what comes after it"
DECLARE = "; or, where these files begin there, declare first-version = {} in arami-db.toml"
# Files, rows, first version; each gap and how to close it.
GAPS: dict[str, tuple[str, str, int | None, dict[str, str]]] = {
    "nothing waits": ("m1a=x m3c=z", "m1a=x m3c=z", None, {}),
    "history": ("m1a=x m5e=y m6f=z", "m1a=x m5e=y", None, {}),
    "what is out of order is history too": ("m1a=x m3c=y m5e=z", "m1a=x m5e=z", None, {}),
    "a view": ("m1a=x v3c=y", "m1a=x", None, {}),
    "after the applied ones": (
        "m1a=x m3c=y",
        "m1a=x",
        None,
        {"version 2 is missing (the next is 3)": FILL},
    ),
    "at the beginning": (
        "m3c=y",
        "",
        None,
        {"versions 1 to 2 are missing (the next is 3)": FILL + DECLARE.format(3)},
    ),
    "at the beginning and later": (
        "m2b=x m4d=y",
        "",
        None,
        {
            "version 1 is missing (the next is 2)": FILL + DECLARE.format(2),
            "version 3 is missing (the next is 4)": FILL,
        },
    ),
    "as declared": ("m3c=y m4d=z", "", 3, {}),
    "after the declared one": (
        "m4d=y",
        "",
        3,
        {"version 3 is missing (the next is 4)": FILL},
    ),
    "below the declared one": (
        "m2b=y m3c=z",
        "",
        3,
        {
            "002_b.sql lies below first-version = 3": "Delete the file, or correct first-version",
        },
    ),
    "the database is not at the declared one": (
        "m3c=y",
        "m1a=x",
        3,
        {
            "this database is at 1, and these files begin at 3": "Bring it to 3 with the earlier"
            " files; or, if it has what 003_c.sql makes: arami-db baseline 3",
        },
    ),
    "the database is at the declared one": ("m3c=y m4d=z", "m3c=y", 3, {}),
}


@pytest.mark.parametrize(("files", "rows", "first", "found"), GAPS.values(), ids=GAPS.keys())
def test_a_gap_is_named_with_what_closes_it(
    files: str, rows: str, first: int | None, found: dict[str, str], tmp_path: Path
) -> None:
    plan = planned(tmp_path, files, rows, first)
    assert gaps(plan) == found
    with pytest.raises(RefusedFileError) if found else nullcontext() as refused:
        refuse_gaps(plan)
    if not refused:
        return
    assert str(refused.value) == f"{tmp_path / 'migrations'}: {'; '.join(found)}"
    ways = dict.fromkeys([*found.values(), "pass --allow-gaps"])
    assert refused.value.hint == f"{'; or '.join(ways)}."
