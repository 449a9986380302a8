"""Plans with one fault each, and the rules that the checker finds broken."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from oncall.rosters.roster import Engineer, Roster
from oncall.rotation.check.checker import check_plan
from oncall.schedule.plan import Plan, Seat
from oncall.support.windows import Window
from tests.rotation.teams import person

SPARE = person("zoe")
"""On no shift of the plan, so that she can be put anywhere."""


def rules_broken(plan: Plan, roster: Roster) -> set[str]:
    return {violation.rule for violation in check_plan(plan, roster)}


def with_seat(plan: Plan, number: int, **changes: Any) -> Plan:
    """Return the plan with one seat changed and without its proof, so that only the seat is judged."""
    seats = list(plan.seats)
    seats[number] = replace(seats[number], **changes)
    return bare(replace(plan, seats=tuple(seats)))


def bare(plan: Plan) -> Plan:
    return replace(plan, fairness=None, status=None)


def shifted(seat: Seat, *, start: timedelta = timedelta(0), end: timedelta = timedelta(0)) -> Window:
    return Window(seat.window.start + start, seat.window.end + end)


def with_spare(roster: Roster, engineer: Engineer = SPARE, **rules: Any) -> Roster:
    settings = replace(roster.rules, **rules)
    return replace(roster, engineers=(*roster.engineers, engineer), rules=settings)


def seats_of(plan: Plan, *days: date, role: str = "primary") -> list[int]:
    found = {
        seat.window.start.astimezone(plan.zone).date(): n for n, seat in enumerate(plan.seats) if seat.role == role
    }
    return [found[day] for day in days]


def given_to(plan: Plan, engineer: str, *days: date, role: str = "primary") -> Plan:
    """Return the plan with one role of the shifts that start on these dates given to one person."""
    numbers = seats_of(plan, *days, role=role)
    seats = tuple(replace(s, engineer=engineer) if n in numbers else s for n, s in enumerate(plan.seats))
    return bare(replace(plan, seats=seats))
