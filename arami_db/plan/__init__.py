"""Planning: the effects of pending files on a database, observed on a throw-away copy."""

from arami_db.files.effects import Risk
from arami_db.plan.ground import PlanOptions
from arami_db.plan.operation import Planned, plan
from arami_db.plan.weighing import Weighed

__all__ = ["PlanOptions", "Planned", "Risk", "Weighed", "plan"]
