"""A throw-away database: what files come to, tried out on a server of its own."""

from arami_db.shadow.database import ShadowError, apply, shadow, shadows
from arami_db.shadow.surroundings import Surroundings, nobodys, stub_for, surroundings

__all__ = [
    "ShadowError",
    "Surroundings",
    "apply",
    "nobodys",
    "shadow",
    "shadows",
    "stub_for",
    "surroundings",
]
