"""Computes how a change of the schedule affects the fairness cost and the balances, as the planner computes them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property

from oncall.planning.sources.context_sources import ContextSources
from oncall.planning.sources.ledger_work import ledger_of_record
from oncall.planning.sources.service_record import ServiceRecord, service_record
from oncall.rosters.roster import Roster
from oncall.rotation.problem.cost import CountedSeat, counted_seats, load_cost
from oncall.rotation.problem.served_seats import seats_as_served
from oncall.rotation.problem.shares import Shares, shares_of
from oncall.schedule.plan import Balance, Seat
from oncall.schedule.schedule import Schedule
from oncall.schedule.shifts import ShiftFacts
from oncall.schedule.swap_requests import SeatMove
from oncall.support.windows import Window, WindowKind


@dataclass(frozen=True, slots=True)
class BalanceChange:
    """An engineer's balance before and after a change, in shifts, added up over the kinds of the changed shifts."""

    before: float
    after: float


@dataclass(frozen=True, slots=True)
class _SeatChange:
    """A seat that goes mostly to another engineer by a change: the seat before and after it."""

    before: Seat
    after: Seat


class ChangeCosts:
    """Computes what changes of a schedule cost.

    The cost is the fairness cost of the plans to which the changed shifts belong, with overrides applied. Shares are
    computed from the roster, for the dates of those plans. A shift counts for the engineer who has the largest part of
    it.
    """

    def __init__(self, schedule: Schedule, roster: Roster) -> None:
        self._schedule, self._roster = schedule, roster
        self._plans: dict[Window, _CountedPlan] = {}

    def cost_change(self, moves: Sequence[SeatMove]) -> int:
        """Return by how much the fairness cost rises if these seats change hands; negative if it falls."""
        changed = self._changed(moves)
        return sum(plan.cost_change(own) for plan, own in self._by_plan(changed))

    def balance(self, engineer: str, moves: Sequence[SeatMove]) -> BalanceChange:
        """Return an engineer's balance before and after these seats change hands."""
        changed = self._changed(moves)
        kinds = dict.fromkeys(each.before.kind for each in changed)
        before = sum(plan.balance(engineer, kind) for plan, _ in self._by_plan(changed) for kind in kinds)
        gained = sum((each.after.engineer == engineer) - (each.before.engineer == engineer) for each in changed)
        return BalanceChange(round(before, 2), round(before + gained, 2))

    def _changed(self, moves: Sequence[SeatMove]) -> list[_SeatChange]:
        """Return the seats of which more than half goes to another engineer."""
        found = []
        for seat in self._seats:
            length = seat.window.end - seat.window.start
            for taker in dict.fromkeys(move.taker for move in moves if move.role == seat.role):
                own = (move.window for move in moves if (move.role, move.taker) == (seat.role, taker))
                moved = sum((_shared(seat.window, each) for each in own), timedelta())
                if moved * 2 > length and taker != seat.engineer:
                    found.append(_SeatChange(seat, replace(seat, engineer=taker)))
        return found

    def _by_plan(self, changed: Sequence[_SeatChange]) -> Iterator[tuple[_CountedPlan, list[_SeatChange]]]:
        """Yield each published plan to which some of these seats belong, with those of the seats."""
        by_span: dict[Window, list[_SeatChange]] = {}
        for each in changed:
            publication = self._schedule.in_force(each.before.window.start)
            if publication is not None:
                by_span.setdefault(publication.span, []).append(each)
        for span, own in by_span.items():
            if span not in self._plans:
                self._plans[span] = self._counted(span)
            yield self._plans[span], own

    def _counted(self, span: Window) -> _CountedPlan:
        inside = [seat for seat in self._seats if span.start <= seat.window.start < span.end]
        kinds, facts = {seat.window: seat.kind for seat in inside}, ShiftFacts.of(self._roster)
        shifts = [facts.shift(window, kind) for window, kind in kinds.items()]
        shares = shares_of(self._roster, shifts, _balances(self._roster, self._record, self._schedule, span))
        return _CountedPlan(Counter(counted_seats(inside)), shares)

    @cached_property
    def _record(self) -> ServiceRecord:
        return service_record(self._roster, ContextSources(published=self._schedule), _ignore)

    @cached_property
    def _seats(self) -> tuple[Seat, ...]:
        return seats_as_served(self._record.served)


@dataclass(frozen=True, slots=True)
class _CountedPlan:
    """The number of seats of each kind, role and engineer in a plan, and the engineers' shares."""

    counts: Counter[CountedSeat]
    shares: Shares

    def cost_change(self, changed: Sequence[_SeatChange]) -> int:
        """Return by how much the fairness cost of this plan rises if these seats change hands; negative if it falls."""
        after = Counter(self.counts)
        after.subtract(counted_seats(each.before for each in changed))
        after.update(counted_seats(each.after for each in changed))
        seats = [seat for each in changed for seat in (each.before, each.after)]
        touched = dict.fromkeys((seat.kind, seat.engineer) for seat in seats)
        return sum(self._cost(kind, who, after) - self._cost(kind, who, self.counts) for kind, who in touched)

    def balance(self, engineer: str, kind: WindowKind) -> float:
        """Return how many shifts of a kind an engineer carries beyond their share in all roles; 0 without a share."""
        if not self._has_share(kind, engineer):
            return 0.0
        count = sum(self.counts[CountedSeat(kind, role, engineer)] for role in self.shares.roles)
        return float(count - self.shares.of(kind, None, engineer))

    def _cost(self, kind: WindowKind, engineer: str, counts: Counter[CountedSeat]) -> int:
        """Return the cost of an engineer's loads of one kind: of each role, and of all roles together."""
        if not self._has_share(kind, engineer):
            return 0
        own = {role: counts[CountedSeat(kind, role, engineer)] for role in self.shares.roles}
        single = sum(load_cost(count, self.shares.of(kind, role, engineer)) for role, count in own.items())
        return single + load_cost(sum(own.values()), self.shares.of(kind, None, engineer))

    def _has_share(self, kind: WindowKind, engineer: str) -> bool:
        return kind in self.shares.totals and engineer in self.shares.weights


def published_balances(schedule: Schedule, roster: Roster, span: Window) -> tuple[Balance, ...]:
    """Return the balances with which a plan of `span` starts: from the published shifts before it."""
    record = service_record(roster, ContextSources(published=schedule), _ignore)
    return _balances(roster, record, schedule, span)


def _balances(roster: Roster, record: ServiceRecord, schedule: Schedule, span: Window) -> tuple[Balance, ...]:
    if not any(each.seat.window.start < span.start for each in record.served):
        return ()
    first = span.start.astimezone(roster.policy.zone).date()
    found = ledger_of_record(roster, record, ContextSources(published=schedule), before=first, say=_ignore)
    return found.balances


def _shared(one: Window, other: Window) -> timedelta:
    return max(timedelta(), min(one.end, other.end) - max(one.start, other.start))


def _ignore(words: str) -> None:
    """Do nothing: messages about the service record are not shown here."""
