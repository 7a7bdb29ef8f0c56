"""Values that identify users: ids, e-mails and claims, the same in all tables."""

from __future__ import annotations

import json
import secrets
import uuid

from arami_db.rows.tables import Owner, Table

_WHOLE = {"smallint", "integer", "bigint", "numeric"}


def email(user: str) -> str:
    """The e-mail of a user."""
    return f"{user.replace('-', '')}@arami.example"


class Identities:
    """The values that identify users, each made when it is first needed."""

    def __init__(self) -> None:
        """Begin without users."""
        self._ids: dict[tuple[str, str, str], str] = {}

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
        is_json = table.columns[owner.column].type in {"json", "jsonb"}
        return json.dumps([held]) if is_json else "{" + held + "}"

    def key(self, group: str, kind: str, user: str) -> str:
        """The value for a user in all columns that policies compare with each other."""
        made = str(secrets.randbelow(30_000)) if kind in _WHOLE else str(uuid.uuid4())
        return self._ids.setdefault(("", group, user), made)
