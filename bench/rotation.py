"""Planner: time to the proof, beside the two ways in which teams make a rota without one.

Instances are drawn from a seed, so each machine measures the same ones; times are of the model and its proof, without
the import of the solver. `round robin` takes people in turn and skips who is away; `least loaded` takes, shift by
shift, whoever may legally take it and has the least of its kind so far, and then of its role, for their weight.
"""

from __future__ import annotations

import random
import statistics
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from itertools import cycle, product
from zoneinfo import ZoneInfo

from oncall.rosters.roster import Absence, Engineer, Roster, RotationRules
from oncall.rotation.check import examine
from oncall.rotation.eligibility import can_take
from oncall.rotation.rules import blocks
from oncall.rotation.shares import shares_of
from oncall.schedule.plan import Plan, Seat, Shift
from oncall.schedule.shifts import shifts_between
from oncall.support.calendar import calendar_of
from oncall.support.policyfile import packaged_policy
from oncall.support.windows import WindowKind

FIRST_DAY = date(2027, 1, 4)
ZONE = ZoneInfo("America/New_York")
REPEATS = 3


@dataclass(frozen=True, slots=True)
class Instance:
    """One team to plan for. days_off: single days of each person a year; long_leave: weeks of vacation a year."""

    name: str
    people: int
    weeks: int
    seed: int = 0
    days_off: int = 10
    vacations: int = 4
    juniors: int = 0
    holidays: str | None = None

    def roster(self) -> Roster:
        """The team, always the same for the same instance."""
        draw = random.Random(self.seed)
        people = tuple(self._person(number, draw) for number in range(self.people))
        return Roster("bench", ZONE, packaged_policy(ZONE), RotationRules(), people, None, holidays=self.holidays)

    def _person(self, number: int, draw: random.Random) -> Engineer:
        lengths = [1] * round(self.days_off * self.weeks / 52) + [5] * round(self.vacations * self.weeks / 52)
        absences = []
        for length in lengths:
            # A vacation begins on a Monday, so that it takes no weekend away.
            offset = draw.randrange(self.weeks) * 7 + (0 if length == 5 else draw.randrange(7))
            first = FIRST_DAY + timedelta(days=offset)
            absences.append(Absence(first, first + timedelta(days=length - 1)))
        roles = ("secondary",) if number < self.juniors else ("primary", "secondary")
        return Engineer(f"p{number:03}", "", "", roles, ZONE, absences=tuple(absences))

    def shifts(self, roster: Roster) -> tuple[Shift, ...]:
        """The shifts of its weeks."""
        calendar = calendar_of(roster.policy, roster.holidays)
        last_day = FIRST_DAY + timedelta(weeks=self.weeks, days=-1)
        return shifts_between(calendar, first_day=FIRST_DAY, last_day=last_day, weekend=roster.rules.weekend)


INSTANCES = (
    Instance("8 x 13", 8, 13, days_off=6, vacations=2),
    Instance("12 x 26", 12, 26),
    Instance("12 x 52, seed 0", 12, 52),
    Instance("12 x 52, seed 1", 12, 52, seed=1),
    Instance("12 x 52, seed 2", 12, 52, seed=2),
    Instance("12 x 52, 3 juniors", 12, 52, juniors=3),
    Instance("12 x 52, US holidays", 12, 52, holidays="US"),
    Instance("20 x 52", 20, 52),
    Instance("6 x 26, rest 2", 6, 26, days_off=8, vacations=0),
    Instance("50 x 52", 50, 52),
    Instance("100 x 52", 100, 52),
)


@dataclass(frozen=True, slots=True)
class Measured:
    """What one method made of one instance. `seconds` is a median; `broken` counts violations, holes included."""

    seconds: float
    cost: int
    broken: int
    status: str = ""


Method = Callable[[Roster, Sequence[Shift]], Plan]


def measure(method: Method, roster: Roster, shifts: Sequence[Shift], repeats: int) -> Measured:
    """Run the method and have its plan checked by the independent checker."""
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        plan = method(roster, shifts)
        times.append(time.perf_counter() - began)
    dated = Plan(plan.team, plan.zone, plan.seats, first_day=shifts[0].day, last_day=shifts[-1].day)
    found = examine(dated, roster)
    return Measured(statistics.median(times), found.cost, len(found.violations), plan.status or "")


def proven(roster: Roster, shifts: Sequence[Shift]) -> Plan:
    """This planner."""
    from oncall.rotation.model import solve

    return solve(roster, shifts)


def round_robin(roster: Roster, shifts: Sequence[Shift]) -> Plan:
    """The next person in turn who is there and takes the role."""
    seats = []
    turn = cycle(roster.engineers)
    for shift in shifts:
        taken: set[str] = set()
        for role in roster.rules.roles:
            for person in (next(turn) for _ in roster.engineers):
                if role in person.roles and person.id not in taken and can_take(person, shift):
                    seats.append(Seat(shift.window, shift.kind, role, person.id))
                    taken.add(person.id)
                    break
    return Plan(roster.team, ZONE, tuple(seats))


def least_loaded(roster: Roster, shifts: Sequence[Shift]) -> Plan:
    """Shift by shift whoever may legally take it and has the least for their weight; nobody where nobody may."""
    weights = shares_of(roster, shifts).weights
    count: Counter[tuple[WindowKind, str, str]] = Counter()
    turns: dict[str, list[Shift]] = {person.id: [] for person in roster.engineers}
    seats = []

    def load(person: Engineer, kind: WindowKind, role: str) -> tuple[float, float]:
        weight = float(weights[person.id] or 1)
        return count[kind, "", person.id] / weight, count[kind, role, person.id] / weight

    for shift, role in product(shifts, roster.rules.roles):
        there = [person for person in roster.engineers if role in person.roles and can_take(person, shift)]
        able = [person for person in there if _is_legal(turns[person.id], shift, roster.rules)]
        if able:
            chosen = min(able, key=partial(load, kind=shift.kind, role=role))
            turns[chosen.id].append(shift)
            count.update([(shift.kind, "", chosen.id), (shift.kind, role, chosen.id)])
            seats.append(Seat(shift.window, shift.kind, role, chosen.id))
    return Plan(roster.team, ZONE, tuple(seats))


def _is_legal(turns: Sequence[Shift], shift: Shift, rules: RotationRules) -> bool:
    if turns and blocks(turns[-1], shift, rules.rest_nights):
        return False
    weekend = WindowKind.WEEKEND
    last = next((turn for turn in reversed(turns) if turn.kind is weekend), None)
    return shift.kind is not weekend or last is None or (shift.day - last.day).days // 7 >= rules.weekends_apart


PEERS = ("round robin", "least loaded")
HEADER = [
    "instance",
    "oncall s",
    "cost",
    "broken",
    "status",
    *(f"{p} {x}" for p in PEERS for x in ("s", "cost", "broken")),
]


def row(instance: Instance, repeats: int = REPEATS) -> list[str]:
    """Measure one instance with every method."""
    roster = instance.roster()
    shifts = instance.shifts(roster)
    ours = measure(proven, roster, shifts, repeats)
    cells = [instance.name, f"{ours.seconds:.2f}", str(ours.cost), str(ours.broken), ours.status]
    for method in (round_robin, least_loaded):
        peer = measure(method, roster, shifts, 1)
        cells += [f"{peer.seconds:.2f}", str(peer.cost), str(peer.broken)]
    return cells


def main() -> None:
    """Measure every instance and print the table."""
    print("\nRotation: seconds to the proof (median of 3), fairness cost, rules broken")
    first = INSTANCES[0].roster()
    proven(first, INSTANCES[0].shifts(first))  # The solver is imported here, outside of the times.
    rows = [HEADER, *(row(instance) for instance in INSTANCES)]
    widths = [max(len(line[column]) for line in rows) for column in range(len(HEADER))]
    for line in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


if __name__ == "__main__":
    main()
