"""What became of the remedies that were tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arami_db.escape import visible
from arami_db.render.output import count, note

if TYPE_CHECKING:
    from pathlib import Path

    from arami_db.verifying.trial import Trial


def show_trial(trial: Trial, file: Path) -> None:
    """Say on stderr where the remedies are, and what is left after them."""
    written = f"{file}: {count(trial.remedies, 'remedy').replace('remedys', 'remedies')}"
    if trial.untried is not None:
        note(f"{written}; not tried: {visible(trial.untried)}")
        return
    stays = len(trial.stay)
    gone = f"{trial.findings - stays} of {count(trial.findings, 'finding')} go, {stays} stay"
    note(f"{written}; tried and rolled back: {gone}")
    for finding, error in trial.failed:
        note(f"  did not run   {visible(finding.message)}: {visible(error)}")
    for finding in trial.stay:
        note(f"  stays         {visible(finding.message)}")
    for finding in trial.new:
        note(f"  comes instead {visible(finding.message)}")
