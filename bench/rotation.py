"""Planner: time to the proof, beside the two ways in which teams make a rota without one.

Instances are drawn from a seed, so each machine measures the same ones; times are of the model and its proof, without
the import of the solver. `round robin` takes people in turn and skips who is away; `least loaded` takes, shift by
shift, whoever may legally take it and has the least of its kind so far, and then of its role, for their weight; `nurse
pattern` is the model of the OR-Tools documentation with the same rules.
"""

from __future__ import annotations

import random
import resource
import statistics
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from itertools import cycle, product
from multiprocessing import get_context
from zoneinfo import ZoneInfo

from oncall.rosters.roster import Absence, Engineer, Request, RequestDirection, Roster, RotationRules
from oncall.rotation.check.checker import examine
from oncall.rotation.problem.eligibility import can_take
from oncall.rotation.problem.rules import are_too_close
from oncall.rotation.problem.shares import shares_of
from oncall.schedule.plan import Plan, Seat, Shift
from oncall.schedule.shifts import shifts_between
from oncall.support.calendar import calendar_of
from oncall.support.policy_file import packaged_policy
from oncall.support.windows import WindowKind

FIRST_DAY = date(2027, 1, 4)
ZONE = ZoneInfo("America/New_York")
REPEATS = 3


@dataclass(frozen=True, slots=True)
class Instance:
    """One team to plan for. days_off: single days of each person a year; vacations: weeks of it a year.

    part_time, joiners: so many people work half, or join and leave half-way. requests: dates that each person asks to
    avoid. pairs: so many pairs of people should be on together. all_away: a week in which most are away.
    """

    name: str
    people: int
    weeks: int
    seed: int = 0
    days_off: int = 10
    vacations: int = 4
    juniors: int = 0
    holidays: str | None = None
    rest_nights: int = 2
    part_time: int = 0
    joiners: int = 0
    requests: int = 0
    pairs: int = 0
    all_away: bool = False

    def roster(self) -> Roster:
        """The team, always the same for the same instance."""
        draw = random.Random(self.seed)
        people = tuple(self._person(number, draw) for number in range(self.people))
        pairs = tuple((f"p{2 * number:03}", f"p{2 * number + 1:03}") for number in range(self.pairs))
        rules = RotationRules(rest_nights=self.rest_nights, prefer_together=pairs)
        return Roster("bench", ZONE, packaged_policy(ZONE), rules, people, None, holidays=self.holidays)

    def _person(self, number: int, draw: random.Random) -> Engineer:
        lengths = [1] * round(self.days_off * self.weeks / 52) + [5] * round(self.vacations * self.weeks / 52)
        absences = []
        for length in lengths:
            # A vacation begins on a Monday, so that it takes no weekend away.
            offset = draw.randrange(self.weeks) * 7 + (0 if length == 5 else draw.randrange(7))
            first = FIRST_DAY + timedelta(days=offset)
            absences.append(Absence(first, first + timedelta(days=length - 1)))
        if self.all_away and number >= self.people // 3:
            absences.append(Absence(FIRST_DAY + timedelta(weeks=20), FIRST_DAY + timedelta(weeks=21, days=-1)))
        roles = ("secondary",) if number < self.juniors else ("primary", "secondary")
        half_way = FIRST_DAY + timedelta(weeks=self.weeks // 2)
        days = [FIRST_DAY + timedelta(days=draw.randrange(self.weeks * 7)) for _ in range(self.requests)]
        return Engineer(
            f"p{number:03}",
            "",
            "",
            roles,
            ZONE,
            fte=0.5 if number < self.part_time else 1.0,
            joins=half_way if number < self.joiners else None,
            leaves=half_way if self.joiners <= number < 2 * self.joiners else None,
            absences=tuple(absences),
            requests=tuple(Request(RequestDirection.AVOID, day=day) for day in days),
        )

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
    Instance("12 x 52, requests", 12, 52, requests=10),
    Instance("12 x 52, pairs", 12, 52, pairs=3),
    Instance("12 x 52, requests, pairs", 12, 52, requests=10, pairs=3),
    Instance("12 x 52, 3 juniors", 12, 52, juniors=3),
    Instance("12 x 52, 4 part-time", 12, 52, part_time=4),
    Instance("12 x 52, join/leave", 12, 52, joiners=2),
    Instance("12 x 52, US holidays", 12, 52, holidays="US"),
    Instance("20 x 52", 20, 52),
    Instance("6 x 26, rest 1", 6, 26, rest_nights=1),
    Instance("6 x 26, rest 2", 6, 26, days_off=8, vacations=0),
    Instance("50 x 52", 50, 52),
    Instance("100 x 52", 100, 52),
)
INFEASIBLE = Instance("12 x 52, 8 away a week", 12, 52, all_away=True)


ALLOWED = {
    "8 x 13": 0.2,
    "12 x 52, seed 0": 1.0,
    "12 x 52, seed 1": 1.0,
    "12 x 52, seed 2": 1.0,
    "12 x 52, requests": 3.0,
    "12 x 52, pairs": 3.0,
    "12 x 52, requests, pairs": 3.0,
    "6 x 26, rest 2": 10.0,
    "50 x 52": 4.0,
    "100 x 52": 12.0,
}
"""Seconds that the proof may take on a quiet machine; 2 more where the requests come after it."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What one method made of one instance. `seconds` is a median; `broken` counts violations, holes included."""

    seconds: float
    cost: int
    broken: int
    status: str = ""
    bound: int = 0


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
    bound = plan.fairness.bound if plan.fairness else 0
    return Measured(statistics.median(times), found.cost, len(found.violations), plan.status or "", bound)


def proven(roster: Roster, shifts: Sequence[Shift]) -> Plan:
    """This planner."""
    from oncall.rotation.generate.fairest_plan import fairest_plan

    return fairest_plan(roster, shifts)


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
    if turns and are_too_close(turns[-1], shift, rules.rest_nights):
        return False
    weekend = WindowKind.WEEKEND
    last = next((turn for turn in reversed(turns) if turn.kind is weekend), None)
    return shift.kind is not weekend or last is None or (shift.day - last.day).days // 7 >= rules.weekends_apart


PATTERN_LIMIT = 20.0
PATTERN_LARGEST = 20
"""The pattern is not run on larger teams: it finds no proof there, and takes all of its time for saying so."""


def nurse_pattern(roster: Roster, shifts: Sequence[Shift]) -> Plan:
    """The nurse scheduling pattern of the OR-Tools documentation, given the same rules.

    A Boolean for each person, shift and role, one person for each seat, one seat of a shift for each person, and rest
    as pairs that exclude each other; fairness as the sum of absolute deviations from the shares, roles together.
    """
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    people, roles = roster.engineers, roster.rules.roles
    works = {
        (p, s, role): model.new_bool_var("")
        for p, person in enumerate(people)
        for s, shift in enumerate(shifts)
        if can_take(person, shift)
        for role in roles
        if role in person.roles
    }
    on = [
        [[works[p, s, r] for r in roles if (p, s, r) in works] for s in range(len(shifts))] for p in range(len(people))
    ]
    for s, role in product(range(len(shifts)), roles):
        model.add_exactly_one(works[p, s, role] for p in range(len(people)) if (p, s, role) in works)
    for p in range(len(people)):
        for s, shift in enumerate(shifts):
            model.add_at_most_one(on[p][s])
            for later in range(s + 1, min(len(shifts), s + 14)):
                if not _is_legal([shift], shifts[later], roster.rules):
                    model.add(sum(on[p][s]) + sum(on[p][later]) <= 1)
    gaps = []
    shares = shares_of(roster, shifts)
    for (p, person), kind in product(enumerate(people), shares.totals):
        gap = model.new_int_var(0, 100 * len(shifts), "")
        count = sum(var for s, shift in enumerate(shifts) if shift.kind is kind for var in on[p][s])
        share = round(100 * shares.of(kind, None, person.id))
        model.add(gap >= 100 * count - share)
        model.add(gap >= share - 100 * count)
        gaps.append(gap)
    model.minimize(sum(gaps))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_time_in_seconds = PATTERN_LIMIT
    status = solver.solve(model)
    found = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    seats = [
        Seat(shifts[s].window, shifts[s].kind, role, people[p].id)
        for (p, s, role), var in works.items()
        if found and solver.value(var)
    ]
    return Plan(roster.team, ZONE, tuple(sorted(seats, key=lambda seat: seat.window.start)))


PEERS: tuple[tuple[str, Method], ...] = (
    ("round robin", round_robin),
    ("least loaded", least_loaded),
    ("nurse pattern", nurse_pattern),
)
HEADER = [
    "instance",
    "oncall s",
    "allowed s",
    "cost",
    "bound",
    "broken",
    "status",
    "MB",
    *(f"{peer} {what}" for peer, _ in PEERS for what in ("s", "cost", "broken")),
]


def row(instance: Instance, repeats: int = REPEATS) -> list[str]:
    """Measure one instance with every method. Memory is the peak of this process after our own solves."""
    roster = instance.roster()
    shifts = instance.shifts(roster)
    ours = measure(proven, roster, shifts, repeats)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    allowed = ALLOWED.get(instance.name)
    cells = [instance.name, f"{ours.seconds:.2f}", "-" if allowed is None else f"{allowed:g}"]
    cells += [str(ours.cost), str(ours.bound), str(ours.broken), ours.status, f"{memory:.0f}"]
    for name, method in PEERS:
        if name == "nurse pattern" and instance.people > PATTERN_LARGEST:
            cells += ["-", "-", "-"]
            continue
        peer = measure(method, roster, shifts, 1)
        cells += [f"{peer.seconds:.2f}", str(peer.cost), str(peer.broken)]
    return cells


def ill(roster: Roster, first: date) -> Roster:
    """The same team with one person ill for two weeks."""
    person = roster.engineers[3]
    absences = (*person.absences, Absence(first, first + timedelta(days=13), "ill"))
    everybody = (*roster.engineers[:3], replace(person, absences=absences), *roster.engineers[4:])
    return replace(roster, engineers=everybody)


def mended(instance: Instance) -> list[str]:
    """One illness mended: the two solves, and with the offers of more changes."""
    from oncall.rotation.repair.repair import repair

    roster = instance.roster()
    shifts = instance.shifts(roster)
    plan = proven(roster, shifts)
    first_open = FIRST_DAY + timedelta(weeks=instance.weeks // 3)
    now = ill(roster, first_open + timedelta(weeks=1))
    times = []
    for offers in ((), (2, 4)):
        began = time.perf_counter()
        found = repair(now, shifts, plan, first_open=first_open, offers=offers)
        times.append(f"{time.perf_counter() - began:.2f}")
    assert found.plan.fairness is not None
    cost = f"{found.cost_before} -> {found.plan.fairness.cost}"
    offered = ", ".join(f"+{offer.changes}: {offer.cost}" for offer in found.offers)
    return [instance.name, *times, str(found.fewest), cost, offered or "nothing to gain"]


def refused(instance: Instance) -> list[str]:
    """How long it takes to say why there is no plan, and in how many reasons."""
    from oncall.errors import PlanInfeasible

    roster = instance.roster()
    shifts = instance.shifts(roster)
    began = time.perf_counter()
    try:
        proven(roster, shifts)
    except PlanInfeasible as refusal:
        return [instance.name, f"{time.perf_counter() - began:.2f}", str(len(refusal.reasons)), refusal.summary]
    return [instance.name, f"{time.perf_counter() - began:.2f}", "0", "a plan exists"]


def print_table(title: str, rows: Sequence[Sequence[str]]) -> None:
    """Columns that line up under a title."""
    print(f"\n{title}")
    widths = [max(len(line[column]) for line in rows) for column in range(len(rows[0]))]
    for line in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def in_own_process(measured: Callable[[Instance], list[str]], instance: Instance) -> list[str]:
    """One row measured in a process of its own, so that its peak of memory is its own; imports are done before."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        pool.submit(warm_up).result()
        return pool.submit(measured, instance).result()


def warm_up() -> None:
    """Import the solver, outside of the times."""
    first = INSTANCES[0].roster()
    proven(first, INSTANCES[0].shifts(first))


def main() -> None:
    """Measure every instance and print the tables."""
    rows = [HEADER, *(in_own_process(row, instance) for instance in INSTANCES)]
    print_table("Rotation: seconds to the proof (median of 3, one worker), fairness cost, rules broken", rows)
    header = ["instance", "s", "with offers s", "fewest seats", "cost", "more changes"]
    rows = [in_own_process(mended, instance) for instance in INSTANCES if instance.name in MENDED]
    print_table("One person ill for two weeks, mended", [header, *rows])
    header = ["instance", "s", "reasons", "summary"]
    print_table("No plan, because", [header, in_own_process(refused, INFEASIBLE)])


MENDED = ("8 x 13", "12 x 52, seed 0", "50 x 52")

if __name__ == "__main__":
    main()
