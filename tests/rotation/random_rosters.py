"""Random rosters and planning contexts that use every rule: fast to make, and the same for the same seed everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import combinations
from random import Random
from typing import Any

from oncall.rosters.roster import (
    Absence,
    Engineer,
    FixedSeat,
    Request,
    RequestDirection,
    Roster,
    Shadowing,
    WeekendStyle,
)
from oncall.rotation.problem.context import PlanningContext
from oncall.schedule.plan import Balance, Seat, Shift
from oncall.support.windows import WindowKind
from tests.rotation.teams import MONDAY, NAMES, person, shifts_of, team

ROLE_SETS = (("primary",), ("primary", "secondary"), ("primary", "secondary"), ("first", "second", "third"))


def random_roster(draw: Random, *, sizes: tuple[int, int], days: int, first_day: date = MONDAY) -> Roster:
    """Return a roster with part-timers, joiners, leavers, leave, days off, requests, restricted roles, pairs,
    shadows and fixed seats. sizes: the fewest and the most engineers beyond the number of roles."""
    roles = draw.choice(ROLE_SETS)
    size = draw.randint(*sizes) + len(roles)
    takes_role = 0.8 if draw.random() < 0.2 else 1.0
    people = [_engineer(draw, name, roles, takes_role, days, first_day) for name in NAMES[:size]]
    holidays = draw.choice([None, "US"])
    roster = team(*people, holidays=holidays, roles=roles, **_rules(draw, people, holidays))
    return replace(roster, rules=replace(roster.rules, fixed=_fixed(draw, roster, days, first_day)))


def _engineer(draw: Random, name: str, roles: Sequence[str], takes_role: float, days: int, first_day: date) -> Engineer:
    own = [role for role in roles if draw.random() < takes_role] or [draw.choice(roles)]
    some = draw.random
    return person(
        name,
        roles=own,
        fte=draw.choice([1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.8, 0.8, 0.1]),
        joins=first_day + timedelta(days=draw.randrange(days)) if some() < 0.08 else None,
        leaves=first_day + timedelta(days=draw.randrange(days)) if some() < 0.08 else None,
        absences=tuple(_absence(draw, days, first_day) for _ in range(draw.choice([0, 0, 0, 1, 2]))),
        requests=tuple(_request(draw, days, first_day) for _ in range(draw.choice([0, 0, 1, 2]))),
        shadows=(Shadowing(first_day, first_day + timedelta(days=draw.randrange(days))),) if some() < 0.06 else (),
    )


def _absence(draw: Random, days: int, first_day: date) -> Absence:
    first = first_day + timedelta(days=draw.randrange(days))
    return Absence(first, first + timedelta(days=draw.randrange(3)), "away", draw.random() < 0.3)


def _request(draw: Random, days: int, first_day: date) -> Request:
    wish = draw.choice(list(RequestDirection))
    return draw.choice(
        [
            Request(wish, day=first_day + timedelta(days=draw.randrange(days))),
            Request(wish, weekday=draw.randrange(7)),
            Request(wish, kind=draw.choice(["weeknight", "weekend", "holiday"])),
        ]
    )


def _rules(draw: Random, people: Sequence[Engineer], holidays: str | None) -> dict[str, Any]:
    pairs = list(combinations([each.id for each in people], 2))
    return {
        "weekend": draw.choice(list(WeekendStyle)),
        "rest_nights": draw.choice([0, 0, 1, 1, 1, 1, 2]),
        "weekends_apart": draw.choice([1, 2, 2, 3]),
        "max_shifts_per_week": draw.choice([None, None, 3, 4]),
        "max_shifts_per_month": draw.choice([None, None, 8, 10]),
        "holidays_apart": draw.choice([1, 2]) if holidays else 1,
        "never_together": (draw.choice(pairs),) if pairs and draw.random() < 0.2 else (),
        "prefer_together": (draw.choice(pairs),) if pairs and draw.random() < 0.2 else (),
    }


def _fixed(draw: Random, roster: Roster, days: int, first_day: date) -> tuple[FixedSeat, ...]:
    """Return a fixed seat for an engineer who takes its role, in one of four rosters; otherwise nothing."""
    shifts = shifts_of(roster, first_day=first_day, days=days)
    if not shifts or draw.random() > 0.25:
        return ()
    shift, engineer = draw.choice(shifts), draw.choice(roster.engineers)
    return (FixedSeat(shift.day, draw.choice(engineer.roles), engineer.id, shift.kind),)


def random_context(draw: Random, roster: Roster, shifts: Sequence[Shift]) -> PlanningContext:
    """Return a context that sometimes has shifts before the plan, a shift on another team, or balances (sum 0)."""
    people = [engineer.id for engineer in roster.engineers]
    published: list[Seat] = []
    if shifts and draw.random() < 0.4:
        before = shifts_of(roster, first_day=shifts[0].day - timedelta(days=7), days=7)
        before = tuple(each for each in before if each.window.end <= shifts[0].window.start)
        published = [Seat(s.window, s.kind, roster.rules.roles[0], draw.choice(people)) for s in before[-2:]]
    other_teams: list[Seat] = []
    if shifts and draw.random() < 0.2:
        shift = draw.choice(shifts)
        other_teams = [Seat(shift.window, shift.kind, "primary", draw.choice(people), "database")]
    balances: list[Balance] = []
    if len(people) > 1 and draw.random() < 0.3:
        surplus, (one, other) = draw.randint(-2500, 2500), draw.sample(people, 2)
        balances = [Balance(one, WindowKind.WEEKNIGHT, surplus), Balance(other, WindowKind.WEEKNIGHT, -surplus)]
    return PlanningContext(tuple(published), tuple(other_teams), tuple(balances))
