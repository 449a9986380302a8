"""The duties of each engineer in the form that the checker needs, with the local dates that the rules use."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from oncall.schedule.plan import Plan, Seat
from oncall.schedule.turns import Turns
from oncall.support.windows import Window


@dataclass(frozen=True, slots=True)
class CheckedDuty:
    """One engineer's duty on one shift.

    first_night, end_night: the dates, in the policy's zone, on which its first night begins and on which its last one
    ends. origin: empty for a duty of the plan; else where a duty outside the plan comes from, in words. The plan cannot
    change such a duty, so a rule is broken only together with a duty of the plan. turn: the number of its turn, or
    None. is_joined: True if it is several duties of one turn, joined into one.
    """

    seat: Seat
    first_night: date
    end_night: date
    origin: str = ""
    is_on_other_team: bool = False
    turn: int | None = None
    is_joined: bool = False

    @property
    def days(self) -> list[date]:
        """Return the dates on which the duty's nights begin; for a holiday without a night, its one date."""
        nights = (self.end_night - self.first_night).days
        return [self.first_night + timedelta(days=number) for number in range(max(1, nights))]

    @property
    def text(self) -> str:
        """Return the duty in words, like `Mon 2027-01-04 (weeknight)` or `the turn from Fri 2027-01-08 to ...`."""
        first = f"{self.first_night:%a} {self.first_night}"
        if self.is_joined:
            origin = f" ({self.origin})" if self.origin else ""
            return f"the turn from {first} to {self.end_night:%a} {self.end_night}{origin}"
        kind = f"{self.seat.kind}, {self.origin}" if self.origin else str(self.seat.kind)
        return f"{first} ({kind})"


def duties_by_engineer(
    plan: Plan, turns: Turns, zone: ZoneInfo, history: Sequence[Seat], elsewhere: Sequence[Seat]
) -> dict[str, list[CheckedDuty]]:
    """Return each engineer's duties in time order, including duties before and after the plan and on other teams.

    history: seats of this team; those inside the plan's time are left out, because the plan replaces them.
    elsewhere: seats in other teams' plans.
    """
    found = [_of_plan(seat, plan, zone) for seat in plan.seats]
    found += [_duty(seat, zone, "outside this plan") for seat in _beside(plan, history)]
    found = [replace(duty, turn=turns.number_at(duty.seat.window.start, duty.seat.kind)) for duty in found]
    for seat in elsewhere:
        origin = f"on team {seat.team}" if seat.team else "on another team"
        found.append(replace(_duty(seat, zone, origin), is_on_other_team=True))
    duties: dict[str, list[CheckedDuty]] = defaultdict(list)
    for each in sorted(found, key=lambda each: (each.seat.window.start, each.seat.window.end)):
        duties[each.seat.engineer].append(each)
    return duties


def _of_plan(seat: Seat, plan: Plan, zone: ZoneInfo) -> CheckedDuty:
    duty = _duty(seat, zone, "")
    is_from_baseline = plan.kept_until is not None and duty.first_night < plan.kept_until
    return replace(duty, origin="from the baseline") if is_from_baseline else duty


def _beside(plan: Plan, history: Sequence[Seat]) -> list[Seat]:
    if not plan.seats:
        return []
    span = plan.window
    return [seat for seat in history if seat.window.end <= span.start or span.end <= seat.window.start]


def _duty(seat: Seat, zone: ZoneInfo, origin: str) -> CheckedDuty:
    first, end = (at.astimezone(zone).date() for at in (seat.window.start, seat.window.end))
    return CheckedDuty(seat, first, end, origin)


def as_turns(duties: Sequence[CheckedDuty]) -> list[CheckedDuty]:
    """Return the duties, with all duties of one turn joined into one, from its first night to its last.

    Duties that overlap are not joined, because no one can have both.
    """
    found: list[CheckedDuty] = []
    for duty in duties:
        last = found[-1] if found else None
        if last is None or duty.turn is None or last.turn != duty.turn or duty.seat.window.start < last.seat.window.end:
            found.append(duty)
            continue
        seat = replace(last.seat, window=Window(last.seat.window.start, duty.seat.window.end))
        # The plan can change the turn if it can change the later part.
        origin = duty.origin and last.origin
        found[-1] = replace(last, seat=seat, end_night=duty.end_night, origin=origin, is_joined=True)
    return found
