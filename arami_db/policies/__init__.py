"""The conditions of policies: their branches, and rows and claims that make each branch true.

`reading` makes expressions of policies (`expressions`, `resolution`). `cases` finds for each branch
the rows, claims and settings that make it true (`search`, `solver`). Start with `cases`.
"""

from arami_db.policies.cases import cases
from arami_db.policies.model import (
    ATTACKER,
    ATTACKER_EMAIL,
    VICTIM,
    VICTIM_EMAIL,
    Branch,
    Case,
    Cases,
    Clause,
    Gap,
    OwnerColumn,
    OwnerLink,
    Policies,
    TablePolicy,
)
from arami_db.policies.owners import owner_columns
from arami_db.policies.reading import read
from arami_db.policies.standings import Standing, standings
from arami_db.policies.valid import valid
from arami_db.policies.viewing import Shown, shown

__all__ = [
    "ATTACKER",
    "ATTACKER_EMAIL",
    "VICTIM",
    "VICTIM_EMAIL",
    "Branch",
    "Case",
    "Cases",
    "Clause",
    "Gap",
    "OwnerColumn",
    "OwnerLink",
    "Policies",
    "Shown",
    "Standing",
    "TablePolicy",
    "cases",
    "owner_columns",
    "read",
    "shown",
    "standings",
    "valid",
]
