"""A throw-away database: what files come to, tried out on a server of its own."""

from arami_db.shadow.database import ShadowError, apply, shadow
from arami_db.shadow.surroundings import Surroundings, surroundings

__all__ = ["ShadowError", "Surroundings", "apply", "shadow", "surroundings"]
