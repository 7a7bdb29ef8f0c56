"""A throw-away database: trying out files, and reading the result."""

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
