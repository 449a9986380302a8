"""Bodies that change the schedule of the tests' service."""

from __future__ import annotations

from pathlib import Path

from oncall.planning.posted.posted_publication import posted_publication
from oncall.schedule.plan_csv import csv_of
from tests.planning.changes import RESTLESS
from tests.planning.conftest import in_turn, roster_of

_NAMES = {"cai": "chloe", "dee": "dmitri", "eve": "elena", "fay": "farid"}


def publication_body(team: str = "cas-support") -> dict[str, object]:
    """Two weeks of six people of the packaged roster, who take turns and need no rest."""
    text = RESTLESS.replace("night-owls", team)
    for name, other in _NAMES.items():
        text = text.replace(f"id: {name}, name: {name.title()}", f"id: {other}, name: {other.title()}")
    roster = roster_of(text)
    plan = csv_of(in_turn(roster)).decode()
    return posted_publication(Path("plan.csv"), plan, roster, reason="a new team", policy_from=None)


def override_body(day: int, engineer: str = "chloe") -> dict[str, object]:
    """An override of the evening of a day of January."""
    hour = f"2027-01-{day:02d}T20:00:00-05:00", f"2027-01-{day:02d}T21:00:00-05:00"
    return {"engineer": engineer, "from": hour[0], "to": hour[1], "reason": "a concert"}
