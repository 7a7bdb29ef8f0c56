"""What users cannot send to make a case true: claims that operators set, secrets of other users."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from arami_db.policies import Case

# Columns of what lets somebody in who knows it.
SECRET = re.compile(
    r"token|secret|passw|\botp\b|authorization"
    r"|(?:access|api|share|invite|invitation|link|join)[_-]?(?:code|key|hash)"
)
# What users set themselves: a second factor, too, is theirs to enroll.
METADATA = {"user_metadata", "raw_user_meta_data"}
USERS_SET = METADATA | {"is_anonymous", "email", "phone", "aal", "amr"}
SENT = {"request.headers", "request.cookies"}
_SIGN_IN = {"provider", "providers"}  # in app_metadata: by what somebody signed in


def beyond_users(case: Case) -> str:
    """Why users cannot send what a case needs; empty where they can.

    Args:
        case: the case.
    """
    held = {*case.claims, *(n for n in case.settings if n.startswith("request."))}
    held -= USERS_SET | SENT
    metadata = case.claims.get("app_metadata")
    if isinstance(metadata, dict) and metadata.keys() <= _SIGN_IN:
        held.discard("app_metadata")
    if held:
        return f"only an operator sets {', '.join(sorted(held))}"
    rows = [case.row, *(row for _, row in case.others)]
    secrets = {v: n for row in rows for n, v in row.items() if v and SECRET.search(n.lower())}
    known = [secrets[text] for text in _texts([dict(case.claims), dict(case.settings)], secrets)]
    return f"only who has the {known[0]} can send it" if known else ""


def _texts(sent: object, wanted: dict[str, str]) -> Iterator[str]:
    """The texts, among those that are wanted, of what is sent, JSON in text included."""
    if isinstance(sent, dict | list):
        for part in sent.values() if isinstance(sent, dict) else sent:
            yield from _texts(part, wanted)
    elif isinstance(sent, str) and sent in wanted:
        yield sent
    elif isinstance(sent, str) and sent[:1] in {"{", "["}:
        try:
            yield from _texts(json.loads(sent), wanted)
        except ValueError:
            return
