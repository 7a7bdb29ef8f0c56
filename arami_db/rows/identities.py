"""What makes a row a user's: ids, e-mails and claims, the same wherever the user is named."""

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
    """The values by which users are told apart, minted when they are first asked for."""

    def __init__(self) -> None:
        """Know nobody yet."""
        self._ids: dict[tuple[str, str, str], str] = {}

    def identity(self, table: Table, user: str) -> str:
        """The id that a user's row of a table has, or will have."""
        if any(owner.column == "id" and owner.kind == "id" for owner in table.owners):
            return user
        return self._ids.setdefault((*table.path, user), str(uuid.uuid4()))

    def value(self, table: Table, owner: Owner, user: str) -> str:
        """What a column that says whose a row is holds for a user."""
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
        """The one value of a user's in columns that are compared with each other."""
        made = str(secrets.randbelow(30_000)) if kind in _WHOLE else str(uuid.uuid4())
        return self._ids.setdefault(("", group, user), made)
