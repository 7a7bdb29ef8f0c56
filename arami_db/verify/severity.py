"""How much a differing fact matters."""

from __future__ import annotations

from arami_db.verify.findings import Severity

_KINDS = {
    "grant": Severity.SECURITY,
    "default privilege": Severity.SECURITY,
    "policy": Severity.SECURITY,
    "rule": Severity.SECURITY,
    "event trigger": Severity.SECURITY,
    "publication": Severity.SECURITY,
    "function": Severity.SECURITY,  # one more may be called by anybody
    "procedure": Severity.SECURITY,
    "view": Severity.SECURITY,
    "materialized view": Severity.SECURITY,
    "index": Severity.PERFORMANCE,
    "statistics": Severity.PERFORMANCE,
}
_PROPERTIES = {
    "comment": Severity.COSMETIC,
    "owner": Severity.SECURITY,
    "row level security": Severity.SECURITY,
    "force row level security": Severity.SECURITY,
    "unique": Severity.INTEGRITY,
    "nulls not distinct": Severity.INTEGRITY,
    "primary": Severity.INTEGRITY,
    "reloptions": Severity.PERFORMANCE,
    "statistics": Severity.PERFORMANCE,
    "storage": Severity.PERFORMANCE,
    "compression": Severity.PERFORMANCE,
    "access method": Severity.PERFORMANCE,
    "cost": Severity.PERFORMANCE,
    "rows": Severity.PERFORMANCE,
    "parallel": Severity.PERFORMANCE,
    "clustered": Severity.PERFORMANCE,
}
_OPTION = "option "


def severity_of(kind: str, property: str) -> Severity:  # noqa: A002 - the catalog's own word
    """The severity of a difference in one property of one kind of object."""
    if property in _PROPERTIES:
        return _PROPERTIES[property]
    if property.startswith(_OPTION) and kind not in {"view", "materialized view"}:
        return Severity.PERFORMANCE
    return _KINDS.get(kind, Severity.INTEGRITY)
