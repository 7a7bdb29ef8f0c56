"""Seeding: development data, safe to insert again, and demo data of any size."""

from arami_db.seed.demo import Filled, fill, remove
from arami_db.seed.files import other_users, seed, select
from arami_db.seed.recipe import Recipe, Wish

__all__ = ["Filled", "Recipe", "Wish", "fill", "other_users", "remove", "seed", "select"]
