"""Three methods with which teams make a rota without a proof, to compare the planner with.

`round robin` takes engineers in turn and skips those who are away. `least loaded` takes, shift by shift, the engineer
who may legally take it and has the fewest shifts of its kind so far, then of its role, for their weight. `nurse
pattern` is the model of the OR-Tools documentation with the same rules.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial
from itertools import cycle, product

from bench.planning_instances import ZONE
from oncall.rosters.roster import Engineer, Roster, RotationRules
from oncall.rosters.time_off import days_off_rule
from oncall.rotation.problem.eligibility import can_take
from oncall.rotation.problem.rules import are_too_close
from oncall.rotation.problem.shares import shares_of
from oncall.schedule.plan import Plan, Seat, Shift
from oncall.support.windows import WindowKind


def round_robin(roster: Roster, shifts: Sequence[Shift]) -> Plan:
    """Return a plan in which each seat goes to the next engineer in turn who is not away and takes the role."""
    seats, rule = [], days_off_rule(roster)
    in_turn = cycle(roster.engineers)
    for shift in shifts:
        taken: set[str] = set()
        for role in roster.rules.roles:
            for person in (next(in_turn) for _ in roster.engineers):
                if role in person.roles and person.id not in taken and can_take(person, shift, rule):
                    seats.append(Seat(shift.window, shift.kind, role, person.id))
                    taken.add(person.id)
                    break
    return Plan(roster.team, ZONE, tuple(seats))


def least_loaded(roster: Roster, shifts: Sequence[Shift]) -> Plan:
    """Return a plan in which each seat goes to the legal engineer with the smallest load, if any."""
    weights = shares_of(roster, shifts).weights
    count: Counter[tuple[WindowKind, str, str]] = Counter()
    rule = days_off_rule(roster)
    own: dict[str, list[Shift]] = {person.id: [] for person in roster.engineers}
    seats = []

    def load(person: Engineer, kind: WindowKind, role: str) -> tuple[float, float]:
        weight = float(weights[person.id] or 1)
        return count[kind, "", person.id] / weight, count[kind, role, person.id] / weight

    for shift, role in product(shifts, roster.rules.roles):
        there = [person for person in roster.engineers if role in person.roles and can_take(person, shift, rule)]
        able = [person for person in there if _is_legal(own[person.id], shift, roster.rules)]
        if able:
            chosen = min(able, key=partial(load, kind=shift.kind, role=role))
            own[chosen.id].append(shift)
            count.update([(shift.kind, "", chosen.id), (shift.kind, role, chosen.id)])
            seats.append(Seat(shift.window, shift.kind, role, chosen.id))
    return Plan(roster.team, ZONE, tuple(seats))


def _is_legal(own: Sequence[Shift], shift: Shift, rules: RotationRules) -> bool:
    if own and are_too_close(own[-1], shift, rules.rest_nights):
        return False
    weekend = WindowKind.WEEKEND
    last = next((each for each in reversed(own) if each.kind is weekend), None)
    return shift.kind is not weekend or last is None or (shift.day - last.day).days // 7 >= rules.weekends_apart


PATTERN_LIMIT = 20.0
PATTERN_LARGEST = 20
"""The largest team for which the pattern runs: on larger ones it finds no proof and uses all of its time."""


def nurse_pattern(roster: Roster, shifts: Sequence[Shift]) -> Plan:
    """Return a plan by the nurse scheduling pattern of the OR-Tools documentation, with the same rules.

    A Boolean for each engineer, shift and role; one engineer for each seat; one seat of a shift for each engineer; rest
    as pairs that exclude each other; fairness as the sum of absolute distances from the shares, all roles together.
    """
    from ortools.sat.python import cp_model

    model, rule = cp_model.CpModel(), days_off_rule(roster)
    people, roles = roster.engineers, roster.rules.roles
    works = {
        (p, s, role): model.new_bool_var("")
        for p, person in enumerate(people)
        for s, shift in enumerate(shifts)
        if can_take(person, shift, rule)
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
