"""One shift on the board: who has it, and what it would do to rules and balances if another engineer took it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol
from urllib.parse import quote

from oncall.errors import NotFound, Refused
from oncall.planning.change_rules import PublishedTexts, roster_in_force
from oncall.planning.swaps.held_shifts import HeldShift, held_shift
from oncall.planning.swaps.takers import takers
from oncall.planning.views.swap_views import TakersView, TakerView, takers_view
from oncall.schedule.schedule import Schedule
from oncall.schedule.schedule_view_types import LocalAssignmentView
from oncall.schedule.schedule_views import own_assignment_view
from oncall.schedule.timeline import Assignment
from oncall.support.windows import Window

_NO_SHIFT = "nobody holds this shift in this role now; open the board and choose it again"


class ShiftStore(PublishedTexts, Protocol):
    """What the page of a shift needs of a transaction."""


@dataclass(frozen=True, slots=True)
class ShiftView:
    """One shift in one role. takers: None for a shift that is over, or that cannot be judged; why_none says why.

    is_running: it has begun, and the takers are judged for the rest of it.
    """

    shift: LocalAssignmentView
    takers: TakersView | None
    why_none: str | None
    is_running: bool
    is_over: bool

    def taker(self, engineer: str | None) -> TakerView | None:
        """Return the taker with this id; None if there is none."""
        found = self.takers["takers"] if self.takers is not None else []
        return next((each for each in found if each["engineer"] == engineer), None)


def shift_view(tx: ShiftStore, start: str, role: str, now: datetime) -> ShiftView:
    """Return the shift that holds `role` at `start`, an instant as the board's links write it. now: aware UTC.

    Raises NotFound when no engineer holds it.
    """
    schedule = tx.schedule()
    found = _assignment(schedule, start, role)
    own, is_running = own_assignment_view(found, schedule), found.window.start <= now < found.window.end
    if found.window.end <= now:
        return ShiftView(own, None, "This shift is over.", is_running=False, is_over=True)
    try:
        held = _held(schedule, found, now)
        judged = takers_view(held, takers(schedule, roster_in_force(tx), held, now), schedule)
    except Refused as refusal:
        return ShiftView(own, None, str(refusal), is_running=is_running, is_over=False)
    return ShiftView(own, judged, None, is_running=is_running, is_over=False)


def shift_path(start: datetime, role: str) -> str:
    """Return the path of a shift's page. start: aware."""
    return f"/board/shifts/{start.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}/{quote(role, safe='')}"


def _assignment(schedule: Schedule, start: str, role: str) -> Assignment:
    try:
        at = datetime.fromisoformat(start[:40]).astimezone(UTC)
        found = schedule.assignments(at, at + timedelta(seconds=1))
    except (ValueError, OverflowError):
        raise NotFound(_NO_SHIFT) from None
    for each in found:
        if each.role == role:
            return each
    raise NotFound(_NO_SHIFT)


def _held(schedule: Schedule, found: Assignment, now: datetime) -> HeldShift:
    """Return what would change hands: the whole shift as the engineer has it, or the rest of a running one."""
    if found.window.start > now:
        return held_shift(schedule, found.engineer, found.window.start, role=found.role, now=now)
    return HeldShift(found.engineer, (replace(found, window=Window(now, found.window.end)),))
