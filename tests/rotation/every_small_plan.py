"""Judges all plans of a tiny team, from the words of its file: no code of the planner is used.

Each engineer's possible duties are listed and judged by the rules. Then the engineers are joined one after another:
for each set of seats that the engineers so far fill, only the best way is kept. That finds the best of all plans.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from itertools import pairwise, product
from math import lcm
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from oncall.schedule.plan import Seat, Shift
from oncall.schedule.shifts import shift_of
from tests.rotation.drawn_teams import TeamFile
from tests.rotation.rules_in_words import Judge

MOST_PAIRS = 200_000
"""A team is too large if two engineers together have more ways than this to be on duty."""
MOST_UNITS = 8
FOUR_WEEKS = 4


class Value(NamedTuple):
    """How good a plan is, the most important first. Less is better.

    even: the unevenness of the points if the team counts points, in `unit` times `unit` points; else of the totals.
    """

    cost: int
    requests: int
    even: int


class Rest(NamedTuple):
    """What is compared last. totals: the unevenness of the totals of a team that counts points; else 0.

    clumps: in `unit` shifts.
    """

    totals: int
    clumps: int


@dataclass(frozen=True)
class Best:
    """The best plans. rests: for plans of this value, the pairs of totals and clumps of which none is worse in both."""

    value: Value
    rests: frozenset[Rest]

    def clumps_within(self, totals: int) -> int:
        """Return the least clumps of the best plans whose totals are no more uneven than this."""
        return min(rest.clumps for rest in self.rests if rest.totals <= totals)


class Seats(NamedTuple):
    """The units that are filled in each role, as bits: in the first role, and in the second one."""

    first: int
    second: int


class SmallPlans:
    """All plans of a team's shifts."""

    def __init__(self, team: TeamFile, shifts: Sequence[Shift], history: Sequence[Seat] = ()) -> None:
        self.team, self.shifts = team, shifts
        self.judge = Judge(team, shifts, _by_engineer(history, team))
        self.roles: list[str] = team.rotation["roles"]
        self.units = self.judge.units
        self.ways = [list(self._ways_of(who)) for who in team.engineers]
        self.shares = shares_of(team, shifts, self.judge)
        self.points = _points_of_kinds(team, shifts)
        self._loads = [(kind, role) for kind in self.shares.kinds for role in self.roles]
        weeks = [self.judge.week(shift) for shift in shifts]
        self._weeks = range(min(weeks), max(weeks) + 1)
        self._spans = max(0, len(self._weeks) - FOUR_WEEKS + 1)
        self._members = {who["id"]: self._rate(who) for who in team.engineers}
        whole = [rate.denominator for _, rate in self._members.values()]
        whole += [
            (each * points).denominator for each in self.shares.by_role.values() for points in self._every_points()
        ]
        self.unit = Fraction(1, lcm(*whole))
        self._known: dict[tuple[str, tuple[int, ...]], tuple[int, int, int | None]] = {}
        self._known_clumps: dict[tuple[str, tuple[int, ...]], int] = {}

    def _rate(self, who: dict[str, Any]) -> tuple[list[int], Fraction]:
        """Return how many shifts of each week the engineer is there for, and their share for each of these."""
        there = [shift for shift in self.shifts if self.judge.is_member(who, shift)]
        member = [sum(self.judge.week(shift) == week for shift in there) for week in self._weeks]
        share = sum((self.shares.of(kind, role, who["id"]) for kind, role in self._loads), Fraction(0))
        return member, share / len(there) if there else Fraction(0)

    def _every_points(self) -> list[Fraction]:
        return list(self.points.values()) if self.points else []

    @property
    def is_too_large(self) -> bool:
        """Return True if it would take many seconds to try all plans."""
        if len(self.units) > MOST_UNITS:
            return True
        sizes = [len(each) for each in self.ways[:-1]]
        return any(one * other > MOST_PAIRS for one, other in pairwise(sorted(sizes)))

    def best(self) -> Best | None:
        """Return the best plans; None if no plan keeps the rules."""
        full = (1 << len(self.units)) - 1
        goal = Seats(full, full if len(self.roles) > 1 else 0)
        found = {Seats(0, 0): Best(Value(0, 0, 0), frozenset({Rest(0, 0)}))}
        for who, ways in zip(self.team.engineers, self.ways, strict=True):
            judged = [(way, *self._judged(who, way)) for way in ways]
            if who is self.team.engineers[-1]:
                # The last engineer has all seats that are left.
                by_way = {each[0]: each for each in judged}
                needed = {Seats(goal.first ^ start.first, goal.second ^ start.second): start for start in found}
                pairs = [(start, by_way[way]) for way, start in needed.items() if way in by_way]
            else:
                pairs = [(start, each) for start in found for each in judged if not _clash(start, each[0])]
            after: dict[Seats, Best] = {}
            for start, (way, value, rest) in pairs:
                seats = Seats(start.first | way.first, start.second | way.second)
                _keep(after, seats, found[start], value, rest)
            found = after
        return found.get(goal)

    def value_of(self, taken: dict[str, Seats]) -> tuple[Value, Rest]:
        """Return how good a plan is. taken: the seats of every engineer, by id."""
        value, rest = Value(0, 0, 0), Rest(0, 0)
        for who in self.team.engineers:
            more, own = self._judged(who, taken.get(who["id"], Seats(0, 0)))
            value, rest = _sum(value, more), _joined(rest, own)
        return value, rest

    def _ways_of(self, who: dict[str, Any]) -> Iterator[Seats]:
        """Yield the seats that an engineer may have in a plan."""
        own = who.get("roles", self.roles)
        choices = ["", *(role for role in self.roles if role in own)]
        open_units = [n for n, unit in enumerate(self.units) if all(self.judge.may_take(who, each) for each in unit)]
        judged: dict[int, bool] = {}
        if len(self.units) > MOST_UNITS:
            return
        for choice in product(choices, repeat=len(open_units)):
            masks = [
                sum(1 << n for n, role in zip(open_units, choice, strict=True) if role == each) for each in self.roles
            ]
            taken = sum(masks)
            if taken not in judged:
                judged[taken] = self.judge.may_have(who, [n for n in open_units if taken >> n & 1])
            if judged[taken]:
                yield Seats(masks[0], masks[1] if len(masks) > 1 else 0)

    def _judged(self, who: dict[str, Any], way: Seats) -> tuple[Value, Rest]:
        """Return how good an engineer's part of a plan is."""
        held = [
            (self.shifts[number], role)
            for role, mask in zip(self.roles, way, strict=False)
            for n, unit in enumerate(self.units)
            if mask >> n & 1
            for number in unit
        ]
        counts = tuple(sum(s.kind == kind and own == role for s, own in held) for kind, role in self._loads)
        requests = sum(self.judge.wish(who, shift) for shift, _ in held)
        carried = Counter(self.judge.week(shift) for shift, _ in held)
        cost, totals, points = self._fairness(who["id"], counts)
        clumps = self._clumps(who["id"], tuple(carried[week] for week in self._weeks)) if self._spans else 0
        if points is None:
            return Value(cost, requests, totals), Rest(0, clumps)
        return Value(cost, requests, points), Rest(totals, clumps)

    def _fairness(self, name: str, counts: tuple[int, ...]) -> tuple[int, int, int | None]:
        """Return the cost, the unevenness of the total, and that of the points, of an engineer's loads."""
        if (name, counts) not in self._known:
            gaps = {
                (kind, role): count - self.shares.of(kind, role, name)
                for (kind, role), count in zip(self._loads, counts, strict=True)
            }
            both = [sum(gap for (own, _), gap in gaps.items() if own == kind) for kind in self.shares.kinds]
            cost = sum(_squared(gap) for gap in [*gaps.values(), *both])
            off = (
                sum((self.points[kind] * gap for (kind, _), gap in gaps.items()), Fraction(0)) if self.points else None
            )
            total = _squared(sum(gaps.values(), Fraction(0)))
            self._known[name, counts] = cost, total, None if off is None else int(off / self.unit) ** 2
        return self._known[name, counts]

    def _clumps(self, name: str, carried: tuple[int, ...]) -> int:
        """Return the largest distance of an engineer from their share in four weeks. carried: shifts by week."""
        if (name, carried) not in self._known_clumps:
            member, rate = self._members[name]
            spans = [slice(first, first + FOUR_WEEKS) for first in range(self._spans)]
            self._known_clumps[name, carried] = max(
                int(abs(sum(carried[span]) - rate * sum(member[span])) / self.unit) for span in spans
            )
        return self._known_clumps[name, carried]


def _squared(distance: Fraction | int) -> int:
    return round(100 * distance**2)


def _clash(one: Seats, other: Seats) -> bool:
    """Return True if both have a seat, or one engineer would have a shift twice."""
    return bool(one.first & other.first or one.second & other.second)


def _sum(one: Value, other: Value) -> Value:
    return Value(one.cost + other.cost, one.requests + other.requests, one.even + other.even)


def _joined(one: Rest, other: Rest) -> Rest:
    return Rest(one.totals + other.totals, max(one.clumps, other.clumps))


def _keep(found: dict[Seats, Best], seats: Seats, start: Best, value: Value, rest: Rest) -> None:
    """Keep a way to fill these seats if no known way is better."""
    total = _sum(start.value, value)
    known = found.get(seats)
    if known is not None and known.value < total:
        return
    rests = {_joined(each, rest) for each in start.rests}
    if known is not None and known.value == total:
        rests |= known.rests
    kept = frozenset(
        r for r in rests if not any(o != r and o.totals <= r.totals and o.clumps <= r.clumps for o in rests)
    )
    found[seats] = Best(total, kept)


# ---- shares


@dataclass(frozen=True)
class SmallShares:
    """Every engineer's share, by kind, role and id."""

    kinds: list[str]
    by_role: dict[tuple[str, str, str], Fraction]

    def of(self, kind: str, role: str, who: str) -> Fraction:
        """Return a share, 0 if the engineer has none."""
        return self.by_role.get((kind, role, who), Fraction(0))


def shares_of(team: TeamFile, shifts: Sequence[Shift], judge: Judge) -> SmallShares:
    """Return the shares by the words of `docs/rules.md`: of the total first, or each role by itself."""
    roles, found = team.rotation["roles"], {}
    weights = {
        who["id"]: Fraction(repr(who["fte"])) * sum(judge.is_member(who, shift) for shift in shifts)
        for who in team.engineers
    }
    kinds = list(dict.fromkeys(str(shift.kind) for shift in shifts))
    for kind in kinds:
        count = sum(shift.kind == kind for shift in shifts)
        takers = [who for who in team.engineers if kind in who.get("kinds", [kind]) and weights[who["id"]]]
        own = {who["id"]: [role for role in roles if role in who.get("roles", roles)] for who in takers}
        if team.rotation.get("shares", "by_total") == "by_role" or len(roles) == 1:
            for role in roles:
                able = {name: weights[name] for name in own if role in own[name]}
                for name, weight in able.items():
                    found[kind, role, name] = count * weight / sum(able.values())
        else:
            found |= {(kind, *key): share for key, share in _split_of_two(roles, own, weights, count).items()}
    for (name, kind), number in team.balances.items():
        having = [role for role in roles if found.get((kind, role, name))]
        for role in having:
            found[kind, role, name] -= Fraction(number, 1000) / len(having)
    return SmallShares(kinds, found)


def _by_engineer(history: Sequence[Seat], team: TeamFile) -> dict[str, list[Shift]]:
    """Return the shifts of these seats by engineer. Their nights are counted from their times alone."""
    zone, found = ZoneInfo(team.policy_zone), dict[str, list[Shift]]()
    for seat in history:
        found.setdefault(seat.engineer, []).append(shift_of(seat, zone))
    return found


def _split_of_two(
    roles: list[str], own: dict[str, list[str]], weights: dict[str, Fraction], count: int
) -> dict[tuple[str, str], Fraction]:
    """Spread the seats of two roles: the engineers of one role alone have the common rate, unless it is too much."""
    alone = {role: [name for name in own if own[name] == [role]] for role in roles}
    both = [name for name in own if len(own[name]) == 2]
    weight_of = {role: sum((weights[name] for name in alone[role]), Fraction(0)) for role in roles}
    free = sum((weights[name] for name in both), Fraction(0))
    staffed = [role for role in roles if weight_of[role] or free]
    everyone = sum(weight_of.values(), free)
    # Seats of a role that the engineers of this role alone carry.
    carried = {role: weight_of[role] * len(staffed) * count / everyone if everyone else Fraction(0) for role in staffed}
    for role in staffed:
        other = next((each for each in staffed if each != role), None)
        if not free:
            carried[role] = Fraction(count)
        elif carried[role] > count and other is not None:
            # These engineers carry all of their role; the others share the other role.
            carried[role] = Fraction(count)
            carried[other] = weight_of[other] * count / (weight_of[other] + free)
            break
    found = {}
    for role in staffed:
        for name in alone[role]:
            found[role, name] = carried[role] * weights[name] / weight_of[role]
        for name in both:
            found[role, name] = (count - carried[role]) * weights[name] / free
    return {key: share for key, share in found.items() if share}


def _points_of_kinds(team: TeamFile, shifts: Sequence[Shift]) -> dict[str, Fraction] | None:
    """Return the points of a shift of each kind: as written, or its mean hours, rounded to six minutes."""
    rule = team.rotation.get("points")
    kinds = {str(shift.kind) for shift in shifts}
    if rule is None:
        return None
    if rule != "hours":
        return {kind: Fraction(repr(rule.get(kind, 1))) for kind in kinds}
    lengths = {kind: [s.window.end - s.window.start for s in shifts if s.kind == kind] for kind in kinds}
    hours = {
        kind: Fraction(sum(own, timedelta()) // timedelta(minutes=1), 60 * len(own)) for kind, own in lengths.items()
    }
    return {kind: Fraction(round(10 * each), 10) for kind, each in hours.items()}
