"""One shift on the board: who has it, and what would change if another engineer took it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol
from urllib.parse import quote

from oncall.errors import NotFound, Refused
from oncall.paging.outgoing.schedule_notices import TOLD_AT_ONCE
from oncall.planning.published.change_rules import PublishedTexts, roster_in_force
from oncall.planning.swaps.ask_to_swap import SwapTransaction
from oncall.planning.swaps.held_shifts import HeldShift, held_shift
from oncall.planning.swaps.takers import takers
from oncall.planning.views.swap_views import SwapView, TakersView, TakerView, listed_swaps_view, takers_view
from oncall.schedule.schedule import Schedule
from oncall.schedule.schedule_view_types import LocalAssignmentView, VersionView
from oncall.schedule.schedule_views import history_view, own_assignment_view
from oncall.schedule.timeline import Assignment
from oncall.support.windows import Window

_NO_SHIFT = "nobody holds this shift in this role now; open the board and choose it again"


class ShiftStore(PublishedTexts, Protocol):
    """The database queries for the web page of a shift."""


@dataclass(frozen=True, slots=True)
class ShiftView:
    """One shift in one role. takers: None if the shift is over or they cannot be computed; `why_none` gives the reason.

    is_running: the shift has begun, so that only the rest of it would change hands. is_soon: a change of it sends an
    SMS. change: the version that gave the shift to its engineer; None if the plan did. reasons: for each engineer's id,
    the rules that forbid them to take the shift, in words for a web page.
    """

    shift: LocalAssignmentView
    takers: TakersView | None
    why_none: str | None
    is_running: bool
    is_over: bool
    is_soon: bool
    change: VersionView | None
    reasons: Mapping[str, str]

    def taker(self, engineer: str | None) -> TakerView | None:
        """Return the taker with this id; None if there is none."""
        found = self.takers["takers"] if self.takers is not None else []
        return next((each for each in found if each["engineer"] == engineer), None)


def shift_view(tx: ShiftStore, start: str, role: str, now: datetime) -> ShiftView:
    """Return the shift in which `role` is filled at `start`. start: an instant in the form of the board's links.

    now: aware UTC. Raises NotFound if no engineer has the role then.
    """
    schedule = tx.schedule()
    found = _assignment(schedule, start, role)
    own, is_running = own_assignment_view(found, schedule), found.window.start <= now < found.window.end
    is_over = found.window.end <= now
    judged, why_none, reasons = _judged(tx, schedule, found, now) if not is_over else (None, "This shift is over.", {})
    is_soon = found.window.start < now + TOLD_AT_ONCE
    return ShiftView(own, judged, why_none, is_running, is_over, is_soon, _change(schedule, found), reasons)


def open_request(tx: SwapTransaction, found: ShiftView, taker: str | None, now: datetime) -> SwapView | None:
    """Return the unanswered request to swap in which the shift would go to `taker`; None if there is none."""
    start = datetime.fromisoformat(found.shift["start"])
    wanted = (start, found.shift["role"], found.shift["engineer"], taker)
    for request in listed_swaps_view(tx, now)["swaps"]:
        moves = request["moves"] if request["state"] == "asked" else []
        if any((datetime.fromisoformat(m["start"]), m["role"], m["from"], m["to"]) == wanted for m in moves):
            return request
    return None


def _judged(
    tx: ShiftStore, schedule: Schedule, found: Assignment, now: datetime
) -> tuple[TakersView | None, str | None, dict[str, str]]:
    """Return the engineers who could take the shift, or why they cannot be computed; and the reasons of `ShiftView`."""
    try:
        held = _held(schedule, found, now)
        every = takers(schedule, roster_in_force(tx), held, now)
    except Refused as refusal:
        return None, refusal.on_page or str(refusal), {}
    reasons = {each.engineer: "; ".join(rule.in_names(schedule) for rule in each.broken) for each in every}
    return takers_view(held, every, schedule), None, reasons


def shift_path(start: datetime, role: str) -> str:
    """Return the URL path of a shift's web page. start: aware."""
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


def _change(schedule: Schedule, found: Assignment) -> VersionView | None:
    if found.override is None:
        return None
    versions = history_view(schedule)["versions"]
    return next((each for each in versions if each["version"] == found.override.version), None)


def _held(schedule: Schedule, found: Assignment, now: datetime) -> HeldShift:
    """Return the part that would change hands: all that the engineer has of the shift, or the rest if it has begun."""
    if found.window.start > now:
        return held_shift(schedule, found.engineer, found.window.start, role=found.role, now=now)
    return HeldShift(found.engineer, (replace(found, window=Window(now, found.window.end)),))
