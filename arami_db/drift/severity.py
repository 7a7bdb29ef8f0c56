"""The severity of a differing fact: by what it allows."""

from __future__ import annotations

import re

from arami_db.drift.findings import Severity
from arami_db.facts import Fact

_KINDS = {
    "grant": Severity.SECURITY,
    "default privilege": Severity.SECURITY,
    "reach": Severity.SECURITY,
    "policy": Severity.SECURITY,
    "rule": Severity.SECURITY,
    "event trigger": Severity.SECURITY,
    "publication": Severity.SECURITY,
    "function": Severity.SECURITY,  # anybody may call an extra one
    "procedure": Severity.SECURITY,
    "view": Severity.SECURITY,
    "materialized view": Severity.SECURITY,
    "foreign table": Severity.SECURITY,
    "extension": Severity.SECURITY,
    "cast": Severity.SECURITY,  # it runs in statements without naming a function
    "operator": Severity.SECURITY,
    "index": Severity.PERFORMANCE,
    "statistics": Severity.PERFORMANCE,
}
# By the beginning of a property's name, for all kinds.
_PROPERTIES = (
    ("comment", Severity.COSMETIC),
    ("owner", Severity.SECURITY),
    ("row level security", Severity.SECURITY),
    ("force row level security", Severity.SECURITY),
    ("inherits ", Severity.SECURITY),
    ("child in another schema", Severity.SECURITY),
    ("subscribed by ", Severity.SECURITY),
    ("foreign server", Severity.SECURITY),
    ("member of extension ", Severity.SECURITY),
    ("security label ", Severity.SECURITY),
    ("option security_", Severity.SECURITY),
    ("option ", Severity.PERFORMANCE),
    ("unique", Severity.INTEGRITY),
    ("nulls not distinct", Severity.INTEGRITY),
    ("primary", Severity.INTEGRITY),
    ("tablespace", Severity.PERFORMANCE),
    ("statistics target", Severity.PERFORMANCE),
    ("storage", Severity.PERFORMANCE),
    ("compression", Severity.PERFORMANCE),
    ("access method", Severity.PERFORMANCE),
    ("cost", Severity.PERFORMANCE),
    ("rows", Severity.PERFORMANCE),
    ("parallel", Severity.PERFORMANCE),
    ("clustered", Severity.PERFORMANCE),
)
# A function that is not Postgres's own: the facts write those without a schema.
_FOREIGN_CALL = re.compile(r'[\w"]\.(\w+|"[^"]+")\(')
_CALLING = {"default", "definition"}


def severity_of(fact: Fact, *, is_extra: bool) -> Severity:
    """The severity of a missing or extra fact."""
    is_code = fact.kind == "trigger" and fact.property == "definition"
    if is_extra and (is_code or _calls(fact)):
        return Severity.SECURITY
    for beginning, severity in _PROPERTIES:
        if fact.property.startswith(beginning):
            return severity
    return _KINDS.get(fact.kind, Severity.INTEGRITY)


def _calls(fact: Fact) -> bool:
    """Whether it makes everyone who writes a row call a foreign function."""
    return fact.property in _CALLING and _FOREIGN_CALL.search(fact.value) is not None
