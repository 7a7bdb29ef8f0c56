"""Values that identify users: ids, e-mails and claims, the same in all tables."""

from __future__ import annotations

import json
import secrets
import uuid
from collections import Counter

from arami_db.rows.tables import Owner, Path, Table

_WHOLE = {"smallint", "integer", "bigint", "numeric"}


def email(user: str) -> str:
    """The e-mail of a user."""
    return f"{user.replace('-', '')}@arami.example"


class Identities:
    """The values that identify users, each made when it is first needed."""

    def __init__(self) -> None:
        """Begin without users."""
        self._ids: dict[tuple[str, str, str], str] = {}
        self.third: str | None = None  # the other user in rows that must not name their owner twice
        self.shared: dict[tuple[Path, str], tuple[Path, str]] = {}  # columns that follow others
        self.made: dict[tuple[str, Path], dict[str, str | None]] = {}

    def identity(self, table: Table, user: str) -> str:
        """The id of a user's row in a table, existing or not."""
        if any(owner.column == "id" and owner.kind == "id" for owner in table.owners):
            return user
        return self._ids.setdefault((*table.path, user), str(uuid.uuid4()))

    def value(self, table: Table, owner: Owner, user: str) -> str:
        """The value for a user in a column that names the owner of a row."""
        if owner.kind == "email":
            held = email(user)
        elif owner.kind == "claim":
            kind = table.columns[owner.column].type
            held = self.key(".".join(owner.claim), kind.removesuffix("[]"), user)
        else:
            held = user
        if not owner.is_element:
            return held
        if table.columns[owner.column].type not in {"json", "jsonb"}:
            return "{" + held + "}"
        made: object = [held] if owner.is_listed else held
        for key in reversed(owner.keys):
            made = {key: made}
        return json.dumps(made)

    def key(self, group: str, kind: str, user: str) -> str:
        """The value for a user in all columns that policies compare with each other."""
        made = str(secrets.randbelow(30_000)) if kind in _WHOLE else str(uuid.uuid4())
        return self._ids.setdefault(("", group, user), made)

    def given(self, table: Table, user: str) -> dict[str, str | None]:
        """The fixed values: keys to the user and to the parents, and those of the row itself."""
        fixed = self._led(table, user)
        for primary in (key for key in table.keys if key.primary):
            for name in primary.columns:
                if name not in fixed and table.columns[name].type == "uuid":
                    fixed[name] = self.identity(table, user)
        for owner in table.direct:
            fixed[owner.column] = self.value(table, owner, user)
        for name in table.columns.keys() - fixed.keys():
            if place := self.shared.get((table.path, name)):
                made = self.made.get((user, place[0]), {}).get(place[1])
                kind = table.columns[name].type
                fixed[name] = made or self.key(".".join((*place[0], place[1])), kind, user)
        return {name: v for name, v in fixed.items() if table.columns[name].writable}

    def _led(self, table: Table, user: str) -> dict[str, str | None]:
        """What a row's foreign keys hold; one to its own table only where it must."""
        led: dict[str, str | None] = {}
        for key in table.foreign_keys:
            parent = self.made.get((user, key.parent), {})
            for column, reference in zip(key.columns, key.references, strict=True):
                if key.parent != table.path or table.columns[column].required:
                    led[column] = parent.get(reference)
                else:
                    led.setdefault(column, None)
        return led

    def spare(self, table: Table, name: str) -> list[str | None]:
        """Other values for a fixed column: null, or a key to a third user's row."""
        named = [owner.column for owner in table.direct if owner.kind == "id"]
        if name in named[1:] and self.third:
            return [self.third]
        if name in {owner.column for owner in table.direct}:
            return []
        if not table.columns[name].required:
            return [None]
        parents = Counter(key.parent for key in table.foreign_keys)
        for key in table.foreign_keys:
            if key.columns == (name,) and parents[key.parent] > 1:
                row = self.made.get((self.third or "", key.parent), {})
                return [row[key.references[0]]] if row else []
        return []
