"""The dates of a plan in the form in which web pages and the terminal show them."""

from __future__ import annotations

from datetime import date

from oncall.rosters.roster import Roster
from oncall.rotation.problem.eligibility import duty_days
from oncall.rotation.problem.fairness import shifts_of_plan
from oncall.schedule.plan import Plan


def last_duty_day(plan: Plan, roster: Roster) -> date | None:
    """Return the last date on which a plan has a person on call: Sunday for a weekend. None for a plan without seats.

    The date is in the zone of the roster's policy.
    """
    return max((duty_days(shift)[-1] for shift in shifts_of_plan(plan, roster)), default=None)
