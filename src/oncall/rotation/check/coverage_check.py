"""Checks that the seats of a plan are shifts of the calendar, and cover its on-call time minute by minute."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from oncall.rosters.roster import SHADOW, Roster
from oncall.rotation.check.violation import Violation
from oncall.schedule.plan import Plan, Seat, Shift
from oncall.schedule.shifts import shifts_between
from oncall.support.calendar import calendar_of
from oncall.support.windows import WindowKind

_MINUTE = timedelta(minutes=1)


class CoverageResult(NamedTuple):
    """The violations of coverage. minutes: how many on-call minutes each role must cover."""

    minutes: int
    violations: list[Violation]


def expected_shifts(plan: Plan, roster: Roster) -> tuple[Shift, ...]:
    """Return the calendar's shifts on the plan's dates; if the plan has no dates, from its first to its last seat."""
    zone = roster.policy.zone
    starts = [seat.window.start.astimezone(zone).date() for seat in plan.seats]
    first = plan.first_day or min(starts, default=None)
    last = plan.last_day or max(starts, default=None)
    if first is None or last is None or last < first:
        return ()
    calendar = calendar_of(roster.policy, roster.holidays)
    shifts = shifts_between(calendar, first_day=first, last_day=last, rules=roster.rules)
    if plan.first_day is None and plan.seats:
        begin = min(seat.window.start for seat in plan.seats)
        shifts = tuple(shift for shift in shifts if shift.window.end > begin)
    return shifts


def check_coverage(plan: Plan, roster: Roster, expected: Sequence[Shift]) -> CoverageResult:
    """Find every minute of on-call time without exactly one person in each role, and seats at any other time.

    Coverage changes only where a seat or a window starts or ends, so that one check between two such instants is
    enough. A repair is checked from its first open shift on, because earlier shifts may have been planned for other
    hours.
    """
    if not expected:
        day = plan.first_day or date.min
        return CoverageResult(0, [] if plan.seats else [Violation("coverage", day, (), "the plan has no shift")])
    on_call = _on_call_spans(roster, expected)
    since = _first_open_start(plan, roster, expected)
    checked = [(max(start, since), end) for start, end in on_call if end > since]
    found: list[Violation] = []
    for role in roster.rules.roles:
        seats = [seat for seat in plan.seats if seat.role == role and seat.window.end > since]
        found += _coverage_violations(role, seats, checked, roster.policy.zone)
    seconds = sum((end - start).total_seconds() for start, end in on_call)
    return CoverageResult(round(seconds / 60), found)


def _first_open_start(plan: Plan, roster: Roster, expected: Sequence[Shift]) -> datetime:
    """Return the start (aware UTC) of the first shift that a repair could change; for a new plan, its first shift's."""
    if plan.kept_until is None:
        return min([expected[0].window.start, *(seat.window.start for seat in plan.seats)])
    zone = roster.policy.zone
    starts = [shift.window.start for shift in expected if shift.window.start.astimezone(zone).date() >= plan.kept_until]
    return min(starts, default=expected[0].window.start)


def _on_call_spans(roster: Roster, expected: Sequence[Shift]) -> list[tuple[datetime, datetime]]:
    start, end = expected[0].window.start, expected[-1].window.end
    windows = calendar_of(roster.policy, roster.holidays).windows_between(start, end)
    on_call = [window for window in windows if window.kind is not WindowKind.BUSINESS]
    return [(max(window.start, start), min(window.end, end)) for window in on_call]


def _coverage_violations(
    role: str, seats: Sequence[Seat], on_call: Sequence[tuple[datetime, datetime]], zone: ZoneInfo
) -> Iterator[Violation]:
    for fault, start, end in _faulty_spans(seats, on_call):
        people = tuple(sorted({seat.engineer for seat in seats if seat.window.start < end and start < seat.window.end}))
        minutes = (end - start) // _MINUTE
        length = "1 minute" if minutes == 1 else f"{minutes} minutes"
        span = f"from {_local(start, zone)} to {_local(end, zone)} ({length})"
        yield Violation("coverage", start.astimezone(zone).date(), people, f"{role}: {fault} {span}")


def _faulty_spans(
    seats: Sequence[Seat], on_call: Sequence[tuple[datetime, datetime]]
) -> list[tuple[str, datetime, datetime]]:
    """Return each stretch with too few or too many people in a role, as (fault in words, start, end).

    seats: of one role. on_call: the start and the end of each shift to cover.
    """
    # By instant: the change in the number of people needed, and in the number of people there.
    changes: dict[datetime, list[int]] = defaultdict(lambda: [0, 0])
    for start, end in on_call:
        changes[start][0] += 1
        changes[end][0] -= 1
    for seat in seats:
        changes[seat.window.start][1] += 1
        changes[seat.window.end][1] -= 1
    needed = there = 0
    spans: list[tuple[str, datetime, datetime]] = []
    for at, until in pairwise(sorted(changes)):
        needed, there = needed + changes[at][0], there + changes[at][1]
        fault = _coverage_fault(needed, there)
        if fault and spans and spans[-1][0] == fault and spans[-1][2] == at:
            spans[-1] = (fault, spans[-1][1], until)
        elif fault:
            spans.append((fault, at, until))
    return spans


def _coverage_fault(needed: int, there: int) -> str:
    if needed and not there:
        return "nobody is on call"
    if there > 1:
        return f"{there} people at once"
    return "a person is on call outside on-call hours" if there and not needed else ""


def _local(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%a %Y-%m-%d %H:%M}"


def check_seats(plan: Plan, roster: Roster, expected: Sequence[Shift]) -> Iterator[Violation]:
    """Yield a violation for each seat that fits no shift, role or engineer of this roster."""
    zone = roster.policy.zone
    kinds = {(shift.window.start, shift.window.end): shift.kind for shift in expected}
    for seat in plan.seats:
        day = seat.window.start.astimezone(zone).date()
        kind = kinds.get((seat.window.start, seat.window.end))
        span = f"{_local(seat.window.start, zone)} to {_local(seat.window.end, zone)}"
        if kind is None:
            sentence = f"{seat.role}: {span} is not a shift of the roster's calendar on the plan's dates"
            yield Violation("shifts", day, (seat.engineer,), sentence)
        elif kind is not seat.kind:
            yield Violation("shifts", day, (seat.engineer,), f"{span} is a {kind} shift, not a {seat.kind} one")
        if seat.role not in (*roster.rules.roles, SHADOW):
            sentence = f'"{seat.role}" is not a role of this rotation ({", ".join(roster.rules.roles)})'
            yield Violation("roles", day, (seat.engineer,), sentence)
        if roster.engineer(seat.engineer) is None:
            yield Violation("engineers", day, (seat.engineer,), f"{seat.engineer} is not an engineer of the roster")
