"""One difference of an object, which a remedy fixes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from arami_db.drift.remedies.around import Properties, Sides

NOTHING = Sides({}, {})


@dataclass(frozen=True)
class Difference:
    """One difference of an object, or a missing or extra object.

    Attributes:
        kind: its kind, as the facts state it.
        name: its name, quoted and qualified.
        key: the property that differs; None when the whole object is missing or extra.
        wanted: all expected properties; empty for an extra object.
        actual: the actual value of the property, if any.
        around: both sides.
    """

    kind: str
    name: str
    key: str | None
    wanted: Properties
    actual: str | None = None
    around: Sides = field(default=NOTHING, repr=False)

    @property
    def value(self) -> str | None:
        """The expected value of the property."""
        return self.wanted.get(self.key or "")

    @property
    def now(self) -> Properties:
        """All properties that the object has."""
        return self.around.actual.get((self.kind, self.name), {})

    def of(self, kind: str, name: str, key: str | None = None) -> Difference:
        """The same for another expected object, as if it, or a property, were missing."""
        return Difference(
            kind, name, key, self.around.wanted.get((kind, name), {}), None, self.around
        )

    def about(self, key: str | None) -> Difference:
        """The same for another property, as if it had no value."""
        return replace(self, key=key, actual=None)
