"""Requests to swap shifts: which seats change hands, who is asked, and the state of the request.

Nothing here reads or writes the database.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from oncall.schedule.schedule import Schedule
from oncall.support.windows import Window, WindowKind


class SwapState(StrEnum):
    """The state of a request. The database stores these values, and the API shows them."""

    ASKED = "asked"
    """The other engineer has not answered yet."""
    AGREED = "agreed"
    """The other engineer accepted, but the change waits for answers to other requests of the same absence."""
    ACCEPTED = "accepted"
    """The other engineer accepted, and the change is made."""
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    """The shift began before an answer came."""
    GONE = "gone"
    """The schedule changed and an engineer no longer has a seat of the swap, or the change was undone."""


OPEN_STATES = (SwapState.ASKED, SwapState.AGREED)


@dataclass(frozen=True, slots=True)
class SeatMove:
    """One role in one window (aware UTC) that goes from one engineer to another. kind: the kind of the shift."""

    window: Window
    kind: WindowKind
    role: str
    giver: str
    taker: str


@dataclass(frozen=True, slots=True)
class SwapRequest:
    """A request of `engineer` to `other` to change these seats. Times are policy time, aware UTC.

    code: the id of the request, which an answer names. moves: at least one, in time order. by: the person who asked.
    is_forced: the change may break rules of the roster. answered_by, answered_at: who ended the request, and when; None
    while it is open. version: the version of the schedule that made the change; None if it is not made. absence: the
    version of the absence to which the request belongs; None if it belongs to none.
    """

    code: str
    engineer: str
    other: str
    moves: tuple[SeatMove, ...]
    asked_at: datetime
    by: str
    reason: str
    state: SwapState = SwapState.ASKED
    is_forced: bool = False
    answered_at: datetime | None = None
    answered_by: str | None = None
    version: int | None = None
    absence: int | None = None

    @property
    def begins_at(self) -> datetime:
        """Return when the first of its shifts begins. An open request ends at that time."""
        return min(move.window.start for move in self.moves)


def state_at(request: SwapRequest, schedule: Schedule, now: datetime) -> SwapState:
    """Return the state of a request at `now` (aware UTC) under this schedule.

    An open request ends by itself when its first shift begins, when one of its givers no longer has the seat, or when
    its absence is undone.
    """
    if request.state is SwapState.ACCEPTED and _is_undone(request, schedule):
        return SwapState.GONE
    if request.state not in OPEN_STATES:
        return request.state
    if request.begins_at <= now:
        return SwapState.EXPIRED
    if request.absence is not None and request.absence not in {each.version for each in schedule.absences}:
        return SwapState.GONE
    return request.state if are_held(request.moves, schedule) else SwapState.GONE


def _is_undone(request: SwapRequest, schedule: Schedule) -> bool:
    """Return True if the version that carried out the request was undone."""
    return any(note.version == request.version and note.undone_by is not None for note in schedule.log)


def are_held(moves: Iterable[SeatMove], schedule: Schedule) -> bool:
    """Return True if each giver still has the whole of their seat."""
    return all(holds(schedule, move.giver, move.role, move.window) for move in moves)


def holds(schedule: Schedule, engineer: str, role: str, window: Window) -> bool:
    """Return True if the engineer has the role for all of the window."""
    own = (each.window for each in schedule.assignments_of(engineer, window.start, window.end) if each.role == role)
    at = window.start
    for held in sorted(own, key=lambda each: each.start):
        if held.start > at:
            return False
        at = max(at, held.end)
    return at >= window.end
