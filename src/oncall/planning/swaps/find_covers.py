"""Finds the covers that change the fewest seats, for an engineer who is away.

First it looks for one other engineer for each turn, then for each shift. If it finds none, it runs the planner's
repair, which may also move shifts of other engineers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from oncall.errors import Refused
from oncall.planning.published.change_rules import broken_rules
from oncall.planning.sources.service_record import published_seats_of
from oncall.planning.swaps.change_costs import ChangeCosts, published_balances
from oncall.planning.swaps.direct_covers import direct_covers
from oncall.planning.swaps.held_shifts import HeldShift, own_shifts
from oncall.planning.swaps.takers import pieces_of
from oncall.rosters.roster import Absence, Roster
from oncall.rosters.time_off import blocked_days, days_off_rule, duty_time
from oncall.rotation.problem.context import PlanningContext
from oncall.rotation.problem.fairness import shifts_of_plan
from oncall.schedule.change_document import AWAY
from oncall.schedule.plan import Plan
from oncall.schedule.schedule import Schedule
from oncall.schedule.shifts import ShiftFacts
from oncall.schedule.swap_requests import SeatMove
from oncall.schedule.timeline import Assignment
from oncall.schedule.versions import Piece
from oncall.support.windows import Window

if TYPE_CHECKING:
    from oncall.rotation.repair.repair_result import SeatChange


@dataclass(frozen=True, slots=True)
class Covers:
    """The seats that change hands, in time order. is_fewest: it is proven that no other covers change fewer seats."""

    moves: tuple[SeatMove, ...]
    is_fewest: bool


def shifts_to_cover(
    schedule: Schedule, roster: Roster, engineer: str, absence: Absence, now: datetime
) -> list[HeldShift]:
    """Return the engineer's future shifts that an absence blocks, in time order. A running shift is cut at `now`."""
    rule = days_off_rule(roster)
    end = max((publication.span.end for publication in schedule.publications), default=now)
    found = []
    for held in own_shifts(schedule, engineer, now, end):
        parts = [_from(now, part) for part in held.parts if part.window.end > now]
        blocked = [part for part in parts if next(blocked_days(absence, duty_time(part.window, rule)), None)]
        if blocked:
            found.append(HeldShift(engineer, tuple(blocked)))
    return found


def find_covers(
    schedule: Schedule,
    roster: Roster,
    shifts: Sequence[HeldShift],
    now: datetime,
    *,
    time_limit: timedelta | None = None,
) -> Covers:
    """Return covers for shifts during which their engineer is away. shifts: at least one, from `shifts_to_cover`.

    roster: the published one, with the absence. now: policy time, aware UTC. time_limit: the most wall time of the
    repair. Raises Refused if no engineer can take a shift that has begun, and PlanInfeasible, with the rules that
    conflict, if the other shifts cannot be covered.
    """
    direct = _direct(schedule, roster, shifts, now)
    if direct is not None:
        return Covers(direct, is_fewest=True)
    begun = [held for held in shifts if held.start <= now]
    taken: tuple[SeatMove, ...] = ()
    if begun:
        found = _direct(schedule, roster, begun, now)
        if found is None:
            names = f"{begun[0].engineer} is {begun[0].role} now"
            raise Refused(f"{names}, and the rules let no other engineer take over; `oncall cover --force` can")
        taken = found
        schedule = schedule.with_pieces(pieces_of(taken), AWAY, now)
    if len(begun) == len(shifts):
        return Covers(taken, is_fewest=True)
    rest = _repaired(schedule, roster, [held for held in shifts if held.start > now], now, time_limit)
    return Covers((*taken, *rest.moves), rest.is_fewest)


def _direct(
    schedule: Schedule, roster: Roster, shifts: Sequence[HeldShift], now: datetime
) -> tuple[SeatMove, ...] | None:
    """Return moves that give each shift to one other engineer; None if that is not possible.

    If possible, one engineer gets all shifts of a turn.
    """

    def is_legal(pieces: Sequence[Piece]) -> bool:
        window = Window(min(piece.window.start for piece in pieces), max(piece.window.end for piece in pieces))
        return not broken_rules(schedule, schedule.with_pieces(pieces, AWAY, now), window, roster)

    giver = shifts[0].engineer
    others = [engineer.id for engineer in roster.engineers if engineer.id != giver]
    costs, turns = ChangeCosts(schedule, roster), _by_turn(roster, shifts)
    whole = direct_covers(turns, others, costs, is_legal) if len(turns) < len(shifts) else None
    return whole or direct_covers(shifts, others, costs, is_legal)


def _by_turn(roster: Roster, shifts: Sequence[HeldShift]) -> list[HeldShift]:
    """Return the shifts with those of one role in one turn joined, in time order; unchanged without turns."""
    turns, joined = ShiftFacts.of(roster).turns, dict[tuple[str, int], list[Assignment]]()
    for number, held in enumerate(shifts):
        turn = turns.number_at(held.start, held.parts[0].kind)
        joined.setdefault((held.role, -1 - number if turn is None else turn), []).extend(held.parts)
    return [HeldShift(shifts[0].engineer, tuple(parts)) for parts in joined.values()]


def _repaired(
    schedule: Schedule, roster: Roster, shifts: Sequence[HeldShift], now: datetime, time_limit: timedelta | None
) -> Covers:
    """Return the covers that the planner's repair finds. It may move shifts of other engineers."""
    # The solver takes long to import, and most answers about swaps need none.
    from oncall.rotation.repair.fewest_changes import fewest_changes

    spans = {publication.span for held in shifts if (publication := schedule.in_force(held.start)) is not None}
    seats = published_seats_of(roster, schedule)
    inside = [any(span.start <= seat.window.start < span.end for span in spans) for seat in seats]
    plan = Plan(roster.team, roster.zone, tuple(seat for seat, is_in in zip(seats, inside, strict=True) if is_in))
    around = tuple(seat for seat, is_in in zip(seats, inside, strict=True) if not is_in)
    balances = published_balances(schedule, roster, plan.window)
    found = fewest_changes(
        roster,
        shifts_of_plan(plan, roster),
        plan,
        PlanningContext(published=around, balances=balances),
        first_open=_first_open(plan, roster, now),
        time_limit=time_limit,
    )
    moves = [move for change in found.changes for move in _moves_of(schedule, change)]
    return Covers(tuple(sorted(moves, key=lambda each: (each.window.start, each.role))), found.is_proven)


def _first_open(plan: Plan, roster: Roster, now: datetime) -> date:
    """Return the first date, from today on, on which no shift has begun yet: today or tomorrow."""
    zone = roster.policy.zone
    today = now.astimezone(zone).date()
    begun = {seat.window.start.astimezone(zone).date() for seat in plan.seats if seat.window.start <= now}
    return today + timedelta(days=1) if today in begun else today


def _moves_of(schedule: Schedule, change: SeatChange) -> Iterator[SeatMove]:
    """Yield the moves for a changed seat: one for each part of it that the engineer of the plan has now."""
    for each in schedule.assignments_of(change.before or "", change.window.start, change.window.end):
        if each.role == change.role:
            start, end = max(each.window.start, change.window.start), min(each.window.end, change.window.end)
            yield SeatMove(Window(start, end), change.kind, change.role, each.engineer, change.after)


def _from(now: datetime, part: Assignment) -> Assignment:
    """Return the part of an assignment from `now` on. The assignment must end after `now`."""
    return part if part.window.start >= now else replace(part, window=Window(now, part.window.end))
