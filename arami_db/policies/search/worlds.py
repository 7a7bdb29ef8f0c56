"""A world: the values of a case by place; the search adds them one by one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from arami_db.policies.search.places import MISSING, Place, Value, as_text, at, fitting
from arami_db.rows.tables import Column, Table


@dataclass(frozen=True)
class CaseWorld:
    """Values by place, and the table of each row; the row that the policy is on is named "row".

    Attributes:
        tables: of each row.
        values: what is set.
        usual: claims that are so unless set.
    """

    tables: Mapping[str, Table]
    values: Mapping[Place, Value] = field(default_factory=dict)
    usual: Mapping[Place, Value] = field(default_factory=dict)

    def get(self, place: Place) -> Value:
        """The value at a place; `missing` where there is none.

        Args:
            place: of a column, claim or setting, or of a key in it.
        """
        if place in self.values:
            return self.values[place]
        if len(place) < 2:
            return MISSING
        for length in range(len(place) - 1, 1, -1):
            whole = self.values.get(place[:length], MISSING)
            if whole is not MISSING:
                return at(whole, place[length:])
        if any(known[: len(place)] == place for known in self.values):
            return self.document(place)
        return self.usual.get(place, MISSING)

    def has(self, place: Place) -> bool:
        """Whether there is a value at a place.

        Args:
            place: as in get().
        """
        return self.get(place) is not MISSING

    def with_row(self, table: Table) -> tuple[CaseWorld, str]:
        """The world with one more row, and the row's name.

        Args:
            table: whose row.
        """
        name = str(len(self.tables))
        return replace(self, tables={**self.tables, name: table}), name

    def column(self, place: Place) -> Column | None:
        """The column that a place is, or is in.

        Args:
            place: as in get().
        """
        table = self.tables.get(place[0])
        return table.columns.get(place[1]) if table else None

    def put(self, place: Place, value: Value) -> CaseWorld | None:
        """The world with a value; None where the place has another, or cannot have this one.

        Args:
            place: as in get().
            value: the value.
        """
        if len(place) < 2:  # all claims at once
            return None
        column = self.column(place)
        if column is not None and len(place) == 2:
            value = fitting(column, value)
            if value is MISSING:
                return None
        known = self.get(place)
        if known is MISSING or (place not in self.values and place in self.usual):
            if any(place[:length] in self.values for length in range(2, len(place))):
                return None
            return replace(self, values={**self.values, place: value})
        return self if known == value else None

    def document(self, place: Place) -> Value:
        """All that is set below a place, as one JSON document.

        Args:
            place: a column, setting, or key.
        """
        made: dict[str, object] = {}
        for known, value in self.values.items():
            if len(known) > len(place) and known[: len(place)] == place:
                inside = made
                for key in known[len(place) : -1]:
                    inside = inside.setdefault(key, {})  # type: ignore[assignment]
                inside[known[-1]] = value
        return _listed(made)

    def row(self, name: str) -> dict[str, str | None]:
        """The columns that are set of a row, as text.

        Args:
            name: which row.
        """
        columns = dict.fromkeys(place[1] for place in self.values if place[0] == name)
        return {column: as_text(self.get((name, column))) for column in columns}

    @property
    def claims(self) -> dict[str, object]:
        """The claims that are set, and not the usual ones."""
        roots = dict.fromkeys(p[1] for p in self.values if p[0] == "claims")
        return {root: self.get(("claims", root)) for root in roots}

    @property
    def all_claims(self) -> dict[str, object]:
        """The claims that are set, and the usual ones besides."""
        usual = {place[1]: value for place, value in self.usual.items()}
        return {k: v for k, v in {**usual, **self.claims}.items() if v is not None}

    @property
    def settings(self) -> dict[str, str]:
        """The settings besides the claims."""
        names = dict.fromkeys(p[1] for p in self.values if p[0] == "settings")
        return {name: as_text(self.get(("settings", name))) or "" for name in names}


def _listed(found: object) -> object:
    """A document with lists for what has numbers, as [0], for keys."""
    if not isinstance(found, dict):
        return found
    inside = {key: _listed(value) for key, value in found.items()}
    numbers = [int(key[1:-1]) for key in inside if re.fullmatch(r"\[\d{1,2}\]", key)]
    if not numbers:
        return inside
    return [inside.get(f"[{number}]") for number in range(max(numbers) + 1)]
