"""Repair: a published plan is kept but for the fewest seats, and what must change is as fair as that allows.

Two solves. The first finds the fewest seats that have to change for the roster as it is now; the second, with that
number held, the fairest way. Roles are decided seat by seat: a split of roles made anew would change seats everywhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from itertools import product

from ortools.sat.python import cp_model

from oncall.errors import Refused
from oncall.rosters.roster import SHADOW, Roster
from oncall.rotation import infeasible
from oncall.rotation.board import Counted, DutyBoard, Held, Span, add_cost, add_duties
from oncall.rotation.book import Book
from oncall.rotation.cost import fairness_of
from oncall.rotation.counting import role_curve
from oncall.rotation.fixedseats import refuse_impossible_seats
from oncall.rotation.given import NOTHING, Given
from oncall.rotation.mended import Offer, Repair, SeatChange
from oncall.rotation.problem import Problem
from oncall.rotation.roleboard import counted_floor
from oncall.rotation.search import Outcome, Progress, Search, Verdict
from oncall.rotation.shadows import shadow_seats, with_shadows
from oncall.rotation.trade import Steps
from oncall.schedule.plan import Plan, PlanStatus, Seat, Shift
from oncall.support.windows import WindowKind


def repair(
    roster: Roster,
    shifts: Sequence[Shift],
    keep: Plan,
    *,
    first_open: date,
    more_changes: int = 0,
    frozen_days: int = 0,
    opened: frozenset[date] = frozenset(),
    offers: Sequence[int] = (2, 4),
    seed: int = 0,
    time_limit: timedelta | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    given: Given = NOTHING,
) -> Repair:
    """Mend `keep` for the roster as it is now, from the shifts that start on `first_open` on.

    shifts: those of the whole plan, by today's calendar. more_changes: so many more than needed may change where that
    is fairer. frozen_days: for so many days from `first_open` on everybody who still may keeps their seat, but for the
    dates in `opened`. offers: which numbers of more changes to try for their price. given: what stands around the plan.
    Raises PlanInfeasible when no plan keeps the rules, Refused when the search ended before a first plan or no shift is
    left to mend.
    """
    search = Search(seed=seed, time_limit=time_limit, on_progress=on_progress, should_stop=should_stop)
    mending = _Mending(roster, shifts, keep, first_open, given)
    frozen = mending.frozen(frozen_days, opened)
    fewest, fewest_is_proven = _fewest(mending, frozen, search)
    found = _fairest(mending, frozen, fewest + more_changes, search)
    bought = tuple(_offers(mending, frozen, found, fewest + more_changes, offers))
    return _told(mending, found, fewest, fewest_is_proven, bought, seed)


@dataclass(frozen=True, slots=True)
class _Found:
    held: list[Held]
    cost: int
    is_proven: bool


class _Mending:
    """The shifts still open, who had them, and what was served before them, numbered by the open problem."""

    def __init__(self, roster: Roster, shifts: Sequence[Shift], keep: Plan, first_open: date, given: Given) -> None:
        zone = roster.policy.zone
        past = [seat for seat in keep.seats if seat.window.start.astimezone(zone).date() < first_open]
        self.first_open = first_open
        self.keep = keep
        self.past = tuple(seat for seat in past if seat.role != SHADOW)
        self.whole = Problem.of(roster, shifts, given)
        left = [shift for shift in self.whole.shifts if shift.day >= first_open]
        if not left:
            raise Refused(f"no shift of the plan starts on {first_open} or later; there is nothing to mend")
        around = replace(given, published=(*given.published, *self.past))
        self.open = Problem.of(roster, left, around)
        refuse_impossible_seats(self.open)
        self.numbers = {engineer.id: index for index, engineer in enumerate(roster.engineers)}
        by_seat = {(seat.window, seat.role): seat.engineer for seat in keep.seats}
        # before[shift, role]: who has that seat in the plan that is kept; None for a shift that is new.
        self.before: dict[tuple[int, str], str | None] = {
            (number, role): by_seat.get((shift.window, role))
            for number, shift in enumerate(self.open.shifts)
            for role in self.open.roles
        }
        self.floor = _bound(self.whole) if self._past_keeps_the_rules() else 0
        self.served = Counter((seat.kind, seat.role, seat.engineer) for seat in self.past)

    def _past_keeps_the_rules(self) -> bool:
        """Whether what was served is part of some plan for the roster as it is; else no bound on those speaks of it."""
        at = {shift.window: number for number, shift in enumerate(self.whole.shifts)}
        book = Book(self.whole)
        for seat in self.past:
            number, engineer = at.get(seat.window), self.numbers.get(seat.engineer)
            if number is None or engineer is None or number not in self.whole.open_sets[engineer]:
                return False
            if seat.role not in self.whole.roles_at(engineer, number) or not book.allows((engineer, number)):
                return False
            book.take((engineer, number))
        return True

    def frozen(self, days: int, opened: frozenset[date]) -> frozenset[Held]:
        """The seats that stay: near enough, not opened by name, and legal for whoever has them."""
        end = self.first_open + timedelta(days=days)
        found = set()
        for (number, role), engineer in self.before.items():
            day = self.open.shifts[number].day
            index = self.numbers.get(engineer or "")
            if day < end and day not in opened and index is not None and self.may_hold(number, role, index):
                found.add(Held(number, role, index))
        return frozenset(found)

    def may_hold(self, number: int, role: str, engineer: int) -> bool:
        """Whether days, roles and shifts outside let the person have that seat."""
        return number in self.open.open_sets[engineer] and role in self.open.roles_at(engineer, number)

    def cost(self, held: Sequence[Held]) -> int:
        """The fairness cost of the whole plan with these seats in its open part."""
        return fairness_of(self.all_seats(held), self.whole.shares, bound=0).cost

    def cost_before(self) -> int:
        """The fairness cost of the plan as it was, with the shares of the roster as it is."""
        seats = [(seat.kind, seat.role, seat.engineer) for seat in self.keep.seats]
        return fairness_of(seats, self.whole.shares, bound=0).cost

    def roles_in(self, counted: Counted) -> tuple[str, ...]:
        """The roles that are counted there."""
        return self.open.roles if counted.role is None else (counted.role,)

    def had(self, counted: Counted) -> int:
        """What the person served of that before the open part."""
        who = self.open.engineers[counted.engineer].id
        return sum(self.served[counted.kind, role, who] for role in self.roles_in(counted))

    def spans(self) -> dict[Counted, Span]:
        """Where to look for counts in the open part: around what is left of everybody's share."""
        shares = self.whole.shares
        spans = {}
        for index, engineer in enumerate(self.open.engineers):
            for kind, role in product(shares.totals, (*self.open.roles, None)):
                counted = Counted(index, kind, role)
                spans[counted] = Span.around(max(0, round(shares.of(kind, role, engineer.id)) - self.had(counted)))
        return spans

    def widened(self, spans: Mapping[Counted, Span], held: Sequence[Held]) -> dict[Counted, Span]:
        """The spans, wide enough for the counts of these seats."""
        counts: Counter[Counted] = Counter()
        for seat in held:
            kind = self.open.shifts[seat.shift].kind
            counts.update([Counted(seat.engineer, kind, seat.role), Counted(seat.engineer, kind, None)])
        return {counted: span.widened(counts[counted]) for counted, span in spans.items()}

    def all_seats(self, held: Sequence[Held]) -> Iterator[tuple[WindowKind, str, str]]:
        """Kind, role and engineer of every seat, past ones first."""
        yield from self.served.elements()
        for seat in held:
            yield self.open.shifts[seat.shift].kind, seat.role, self.open.engineers[seat.engineer].id


class _Model:
    """Every open seat as variables, the rules, who stays, and the number of seats that change."""

    def __init__(self, mending: _Mending, frozen: frozenset[Held]) -> None:
        self._mending = mending
        problem = mending.open
        self.model = cp_model.CpModel()
        takes = add_duties(self.model, problem)
        # holds[shift, role, engineer]: 1 if the person has that role of that shift.
        self.holds: dict[Held, cp_model.IntVar] = {}
        for (engineer, number), taken in takes.items():
            mine = {
                Held(number, role, engineer): self.model.new_bool_var("") for role in problem.roles_at(engineer, number)
            }
            self.model.add(cp_model.LinearExpr.sum(list(mine.values())) == taken)
            self.holds.update(mine)
        for number, role in mending.before:
            takers = [Held(number, role, each) for each in problem.able[number]]
            self.model.add_exactly_one([self.holds[held] for held in takers if held in self.holds])
        for held in frozen:
            self.model.add(self.holds[held] == 1)
        self.changes = self._changes()

    def _changes(self) -> cp_model.LinearExprT:
        """How many seats of shifts that were planned before have somebody else."""
        parts: list[cp_model.LinearExprT] = []
        for (number, role), engineer in self._mending.before.items():
            index = self._mending.numbers.get(engineer or "")
            kept = None if index is None else self.holds.get(Held(number, role, index))
            if engineer is not None:
                parts.append(1 if kept is None else 1 - kept)
        return cp_model.LinearExpr.sum(parts)

    def add_cost(self, spans: Mapping[Counted, Span]) -> cp_model.LinearExprT:
        """The cost of the whole plan, what was served before included. `spans`: of the counts in the open part."""
        mending, problem = self._mending, self._mending.whole
        costs: list[cp_model.LinearExprT] = []
        for counted, span in spans.items():
            roles = mending.roles_in(counted)
            literals = [variable for held, variable in self._of(counted) if held.role in roles]
            curve = role_curve(problem, *counted)
            more = partial(_from, curve, mending.had(counted))
            costs.append(add_cost(self.model, cp_model.LinearExpr.sum(literals), len(literals), more, span))
        return cp_model.LinearExpr.sum(costs)

    def _of(self, counted: Counted) -> Iterator[tuple[Held, cp_model.IntVar]]:
        problem = self._mending.open
        for engineer, number in problem.duties_of(counted.engineer, counted.kind):
            for role in problem.roles_at(engineer, number):
                held = Held(number, role, engineer)
                yield held, self.holds[held]

    def held(self, outcome: Outcome) -> list[Held]:
        """The open seats of the plan found, by shift and then role."""
        order = self._mending.open.roles.index
        found = [held for held, variable in self.holds.items() if outcome.has(variable)]
        return sorted(found, key=lambda held: (held.shift, order(held.role)))


def _from(curve: Callable[[int], int], had: int, count: int) -> int:
    return curve(had + count)


def _fewest(mending: _Mending, frozen: frozenset[Held], search: Search) -> tuple[int, bool]:
    """How many seats have to change, and whether that is proven."""
    model = _Model(mending, frozen)
    model.model.minimize(model.changes)
    outcome = search.run(model.model)
    if outcome.verdict is Verdict.INFEASIBLE:
        if frozen and _fits_without(mending, search):
            raise Refused(
                "no plan keeps the rules while the next shifts are frozen; "
                "free some of their dates with --open, or freeze fewer days"
            )
        infeasible.refuse_unstaffable(mending.open, search)
        raise infeasible.explained(mending.open, search)
    if outcome.verdict is Verdict.UNKNOWN:
        raise Refused(f"no plan was found in {search.elapsed.total_seconds():.1f} s; allow more time")
    held = model.held(outcome)
    return len(list(_changed(mending, held))), outcome.verdict is Verdict.OPTIMAL


def _fits_without(mending: _Mending, search: Search) -> bool:
    outcome = search.run(_Model(mending, frozenset()).model)
    return outcome.verdict in (Verdict.OPTIMAL, Verdict.FEASIBLE)


def _fairest(mending: _Mending, frozen: frozenset[Held], most: int, search: Search) -> _Found:
    """The fairest plan with at most so many changes."""
    spans = mending.spans()
    while True:
        model = _Model(mending, frozen)
        model.model.add(model.changes <= most)
        cost_of_all = model.add_cost(spans)
        model.model.add(cost_of_all >= mending.floor)
        model.model.minimize(cost_of_all)
        outcome = search.run(model.model, floor=mending.floor)
        if outcome.verdict not in (Verdict.OPTIMAL, Verdict.FEASIBLE):
            raise Refused(f"no plan was found in {search.elapsed.total_seconds():.1f} s; allow more time")
        seats = model.held(outcome)
        cost = mending.cost(seats)
        wider = mending.widened(spans, seats)
        # Outside its spans the model takes a cost to be lower than it is, so its bound is one in any case.
        if cost <= outcome.bound or outcome.verdict is not Verdict.OPTIMAL or wider == spans:
            return _Found(seats, cost, cost <= outcome.bound)
        spans = wider


def _offers(
    mending: _Mending, frozen: frozenset[Held], found: _Found, changes: int, more: Sequence[int]
) -> Iterator[Offer]:
    before = {seat: mending.numbers.get(who) for seat, who in mending.before.items() if who is not None}
    steps = Steps(mending.open, found.held, before=before, frozen=frozen, had=mending.had, whole=mending.whole)
    cost = found.cost
    for extra in more:
        saved = steps.best(changes + extra)
        if saved:
            cost -= saved
            yield Offer(extra, cost)


def _changed(mending: _Mending, held: Sequence[Held]) -> Iterator[SeatChange]:
    """The seats of shifts planned before that have somebody else now."""
    return (change for change in _different(mending, held) if change.before is not None)


def _different(mending: _Mending, held: Sequence[Held]) -> Iterator[SeatChange]:
    for seat in held:
        shift = mending.open.shifts[seat.shift]
        before, after = mending.before[seat.shift, seat.role], mending.open.engineers[seat.engineer].id
        if before != after:
            yield SeatChange(shift.window, shift.kind, seat.role, before, after)


def _told(
    mending: _Mending, found: _Found, fewest: int, fewest_is_proven: bool, offers: tuple[Offer, ...], seed: int
) -> Repair:
    different = list(_different(mending, found.held))
    return Repair(
        plan=_plan(mending, found, seed),
        changes=tuple(change for change in different if change.before is not None),
        new_seats=tuple(change for change in different if change.before is None),
        fewest=fewest,
        fewest_is_proven=fewest_is_proven,
        cost_before=mending.cost_before(),
        best_is_proven=found.is_proven,
        offers=offers,
    )


def _plan(mending: _Mending, found: _Found, seed: int) -> Plan:
    problem, keep = mending.whole, mending.keep
    seats = [
        Seat(shift.window, shift.kind, held.role, mending.open.engineers[held.engineer].id)
        for held in found.held
        for shift in [mending.open.shifts[held.shift]]
    ]
    bound = mending.floor
    fairness = fairness_of(mending.all_seats(found.held), problem.shares, bound=min(bound, found.cost))
    zone = problem.roster.policy.zone
    shadows = [seat for seat in keep.seats if seat.role == SHADOW]
    shadows = [seat for seat in shadows if seat.window.start.astimezone(zone).date() < mending.first_open]
    shadows += shadow_seats(mending.open, found.held)
    return Plan(
        team=problem.roster.team,
        zone=zone,
        seats=with_shadows((*mending.past, *seats), shadows),
        status=PlanStatus.OPTIMAL if found.cost == bound else PlanStatus.FEASIBLE,
        fairness=fairness,
        first_day=keep.first_day or problem.shifts[0].day,
        last_day=keep.last_day or problem.shifts[-1].day,
        seed=seed,
        balances=problem.given.balances,
        kept_until=mending.first_open,
    )


def _bound(problem: Problem) -> int:
    """What no plan of all these shifts can beat, whatever is kept, by counting alone; 0 where that is not known."""
    floor_of = DutyBoard.floor if problem.roles_are_interchangeable else counted_floor
    floor = floor_of(problem, Search())
    return floor.cost if floor is not None else 0
