"""One difference of an object: what a remedy is for."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from arami_db.drift.remedies.around import Properties, Sides

NOTHING = Sides({}, {})


@dataclass(frozen=True)
class Difference:
    """One difference of an object, or the object itself being missing or extra.

    Attributes:
        kind: its kind, as the facts state it.
        name: its name, quoted and qualified.
        key: the property that differs; None when the whole object is missing or extra.
        wanted: all properties it should have; empty when there should be no such object.
        actual: what that property is instead, if anything.
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
        """What the property should be."""
        return self.wanted.get(self.key or "")

    @property
    def now(self) -> Properties:
        """All properties that the object has."""
        return self.around.actual.get((self.kind, self.name), {})

    def of(self, kind: str, name: str, key: str | None = None) -> Difference:
        """The same of another object that should be, as if all of it, or of it, were missing."""
        return Difference(
            kind, name, key, self.around.wanted.get((kind, name), {}), None, self.around
        )

    def about(self, key: str | None) -> Difference:
        """The same of another property, as if it had none."""
        return replace(self, key=key, actual=None)
