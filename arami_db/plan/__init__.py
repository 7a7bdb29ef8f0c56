"""Planning: what the pending files will do to a database, seen on a throw-away copy of it."""

from arami_db.plan.ground import Wanted
from arami_db.plan.operation import Planned, plan

__all__ = ["Planned", "Wanted", "plan"]
