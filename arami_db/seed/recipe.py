"""What demo data is made from, and what of it a database holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from psycopg import errors

from arami_db.database.connect import Connection, query
from arami_db.errors import PendingError, UsageError

# Their number is the last twelve digits, in hexadecimal; 0 is the row that keeps the recipe.
_PREFIX = "de300000-0000-8000-8000-"
_ANEW = "Leave them out to add to it, or take it away first: arami-db seed demo --remove"


def id_of(number: int) -> str:
    """The id of a demo user."""
    return f"{_PREFIX}{number:012x}"


# The ids that demo users may have, as the queries ask for them.
SPAN = {"first": id_of(1), "last": id_of(16**12 - 1)}


@dataclass(frozen=True)
class Recipe:
    """What decides every row: with the same, the same user is the same everywhere.

    Attributes:
        random_seed: any number.
        years: how far back it goes.
        until: nothing happens from then on, UTC.
    """

    random_seed: int
    years: float
    until: date

    @property
    def begin(self) -> date:
        """Nobody signs up before."""
        return self.until - timedelta(days=round(self.years * 365.25))

    def __str__(self) -> str:
        """As options."""
        return f"--years {self.years:g} --until {self.until} --random-seed {self.random_seed}"


@dataclass(frozen=True)
class Wish:
    """What somebody asked for; None: whatever is there, else the default.

    Attributes:
        users: how many in all.
        years, until, random_seed: as Recipe.
    """

    users: int
    years: float | None = None
    until: date | None = None
    random_seed: int | None = None

    def recipe(self, state: DemoState) -> Recipe:
        """What to make users from.

        Args:
            state: what is there.

        Raises:
            UsageError: there is demo data from another recipe, or it would lie in the future or in
                no year that there is.
        """
        recipe = self._filled_in(state)
        if state.recipe not in {None, recipe}:
            raise UsageError(f"there is demo data made with {state.recipe}", hint=_ANEW)
        if state.users and not state.recipe:
            raise UsageError(
                "there are demo users, and the row of app_settings that says what they were made"
                " from is gone",
                hint="Take them away first: arami-db seed demo --remove",
            )
        if recipe.until > state.today:
            raise UsageError(
                f"--until {recipe.until} lies in the future, and so would the data",
                hint=f"Today, by UTC, is {state.today}.",
            )
        try:
            recipe.begin  # noqa: B018
        except (OverflowError, ValueError) as error:  # before the year 1; not a number
            message = f"there is no day {recipe.years:g} years before {recipe.until}"
            raise UsageError(message) from error
        return recipe

    def _filled_in(self, state: DemoState) -> Recipe:
        there = state.recipe or Recipe(1, 3.0, state.today)
        return Recipe(
            there.random_seed if self.random_seed is None else self.random_seed,
            there.years if self.years is None else self.years,
            there.until if self.until is None else self.until,
        )


@dataclass(frozen=True)
class DemoState:
    """What a database holds of demo data.

    Attributes:
        recipe: what it was made from; None where there is none.
        users: how many demo users there are.
        last: the highest number among them; 0 without any.
        today: the server's day, by UTC.
    """

    recipe: Recipe | None
    users: int
    last: int
    today: date


def read_state(connection: Connection) -> DemoState:
    """What there is.

    Raises:
        PendingError: the tables are not there.
    """
    try:
        row = connection.execute(query("demo_state"), {"key": id_of(0), **SPAN}).fetchone()
    except (errors.UndefinedTable, errors.UndefinedColumn) as error:
        raise PendingError(
            f"demo data needs the tables of the Arami schema: {error.diag.message_primary}",
            hint="arami-db migrate",
        ) from error
    assert row is not None  # noqa: S101
    recorded, users, last, today = row
    return DemoState(_recorded(recorded), users, int(last[24:], 16) if last else 0, today)


def _recorded(value: dict[str, Any] | None) -> Recipe | None:
    if value is None:
        return None
    return Recipe(value["random_seed"], value["years"], date.fromisoformat(value["until"]))
