"""Moves swaps with their shifts: if a new plan changes the hours of a shift, its swap gets the new hours.

If the new plan does not have the shift any more, the swap ends, and both engineers get a text. A shift is the same if
it starts on the same local date and has the same kind and role.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from oncall.paging.ports.records import NewVersion
from oncall.planning.published.schedule_version import AppendedVersion, Author
from oncall.planning.swaps.ask_to_swap import SwapTransaction
from oncall.planning.swaps.swap_notes import NoteTimes, cancel_reminder, tell, tell_asked
from oncall.planning.swaps.swap_texts import SwapWords
from oncall.rotation.problem.served_seats import published_seats
from oncall.schedule.change_document import AWAY, SWAP, UNDO, change_document, undo_document
from oncall.schedule.schedule import Schedule
from oncall.schedule.seat import Seat
from oncall.schedule.swap_requests import OPEN_STATES, SeatMove, SwapRequest, SwapState
from oncall.schedule.versions import Override, Piece
from oncall.support.windows import Window, WindowKind

_REASON = "the new plan moved the shift of version {}"
_MOVED_BEFORE = re.compile(r" ?\(?the new plan moved the shift of version [0-9]+\)?$")


class _ShiftKey(NamedTuple):
    """Identifies a shift in a plan by date, kind and role, so that the same shift is found in another plan."""

    day: date
    kind: WindowKind
    role: str


@dataclass(frozen=True, slots=True)
class MovedSwaps:
    """What a new plan did to swaps. moved: numbers of the versions with new hours.

    ended: numbers of those that ended.
    """

    moved: tuple[int, ...] = ()
    ended: tuple[int, ...] = ()

    @property
    def sentences(self) -> list[str]:
        """Return a sentence about each of these versions, for the manager who publishes the plan."""
        moved = [f"the swap of version {each} moved with the hours of its shift" for each in self.moved]
        return [*moved, *(f"a shift of version {each} is not in the new plan; both are told" for each in self.ended)]


@dataclass(frozen=True, slots=True)
class _Plans:
    """The seats before and after a publication, by their keys. zone: the policy's."""

    before: Mapping[_ShiftKey, Seat]
    after: Mapping[_ShiftKey, Seat]
    zone: ZoneInfo

    @classmethod
    def of(cls, made: AppendedVersion) -> _Plans:
        """Return the seats before and after a publication."""
        zone = made.after.calendar.zone
        return cls(_by_key(made.before, zone), _by_key(made.after, zone), zone)

    def new_seat(self, window: Window, role: str) -> tuple[bool, Seat | None]:
        """Return whether the window is a whole seat before the publication, and the same seat after it.

        The second value is None if the new plan does not have the seat.
        """
        for key, seat in self.before.items():
            if seat.window == window and key.role == role:
                return True, self.after.get(key)
        return False, None


def move_swaps(tx: SwapTransaction, made: AppendedVersion, author: Author, times: NoteTimes) -> MovedSwaps:
    """Move the swaps whose shifts have new hours after a publication, and end those whose shifts are gone.

    Call it in the transaction of the publication. Open requests move, too. Swaps of a part of a shift do not change.
    """
    now = author.at.replace(microsecond=0)
    plans = _Plans.of(made)
    _move_requests(tx, plans, now, times)
    moved: list[int] = []
    ended: list[int] = []
    for version, pieces in _swaps_ahead(made.before, now):
        kept = [_moved(piece, plans) for piece in pieces]
        new = [piece for piece in kept if piece is not None]
        if new == [Piece(each.window, each.role, each.engineer) for each in pieces]:
            continue
        number = _replace(tx, version, pieces, new, author)
        _follow(tx, version, number, plans, now)
        (moved if len(new) == len(pieces) else ended).append(version)
        gone = [piece for piece, result in zip(pieces, kept, strict=True) if result is None]
        _tell_gone(tx, made.before, gone, times)
    return MovedSwaps(tuple(moved), tuple(ended))


def _by_key(schedule: Schedule, zone: ZoneInfo) -> dict[_ShiftKey, Seat]:
    seats = published_seats(schedule)
    return {_ShiftKey(seat.window.start.astimezone(zone).date(), seat.kind, seat.role): seat for seat in seats}


def _swaps_ahead(schedule: Schedule, now: datetime) -> Iterator[tuple[int, list[Override]]]:
    """Yield each swap or absence of which no shift has begun: its version number and its pieces."""
    by_version: dict[int, list[Override]] = {}
    for each in schedule.overrides:
        if each.kind in (SWAP, AWAY):
            by_version.setdefault(each.version, []).append(each)
    for version, pieces in by_version.items():
        if all(piece.window.start > now for piece in pieces):
            yield version, pieces


def _moved(piece: Override, plans: _Plans) -> Piece | None:
    """Return a piece with the new hours of its shift; None if the shift is gone.

    A piece for a part of a shift is returned unchanged.
    """
    is_whole, seat = plans.new_seat(piece.window, piece.role)
    if not is_whole:
        return Piece(piece.window, piece.role, piece.engineer)
    return None if seat is None else Piece(seat.window, piece.role, piece.engineer)


def _replace(
    tx: SwapTransaction, version: int, pieces: Sequence[Override], new: Sequence[Piece], author: Author
) -> int | None:
    """Undo a swap, and make it again with the pieces `new`. Return the new version; None if `new` is empty."""
    span = Window(min(each.window.start for each in pieces), max(each.window.end for each in pieces))
    why = _REASON.format(version)
    undo = NewVersion(author.at, UNDO, author.by, why, undo_document(version, span), undoes=version)
    tx.add_version(undo)
    if not new:
        return None
    first = pieces[0]
    reason = _with_reason(first.reason, why)
    return tx.add_version(NewVersion(author.at, first.kind, author.by, reason, change_document(new)))


def _with_reason(reason: str, why: str) -> str:
    """Return the reason that people gave for a swap, followed by the latest reason for moving it."""
    given = _MOVED_BEFORE.sub("", reason)
    return f"{given} ({why})" if given else why


def _follow(tx: SwapTransaction, version: int, number: int | None, plans: _Plans, now: datetime) -> None:
    """Write the new version and hours into the accepted requests of a version that was replaced.

    version: the replaced one. number: the new one; None if the swap ended.
    """
    for request in tx.swaps(begins_after=now - timedelta(days=1)):
        if request.version == version:
            moves = tuple(_moved_seat(move, plans) or move for move in request.moves)
            tx.update_swap(replace(request, moves=moves, version=number or version))


def _tell_gone(tx: SwapTransaction, before: Schedule, gone: Sequence[Override], times: NoteTimes) -> None:
    """Queue an SMS to both engineers of each swap whose shift is gone."""
    words = SwapWords(before, tx.policy())
    for piece in gone:
        without = replace(before, overrides=tuple(each for each in before.overrides if each.version != piece.version))
        held = without.assignments(piece.window.start, piece.window.end)
        givers = [each.engineer for each in held if each.role == piece.role]
        for person in dict.fromkeys([piece.engineer, *givers]):
            about = f"swap of version {piece.version} gone {piece.window.start.isoformat()} {person}"
            tell(tx, person, about, words.gone(piece.role, piece.window), times)


def _move_requests(tx: SwapTransaction, plans: _Plans, now: datetime, times: NoteTimes) -> None:
    """Give open requests the new hours of their shifts, and ask again; end the requests whose shifts are gone."""
    schedule = tx.schedule()
    words = SwapWords(schedule, tx.policy())
    for request in tx.swaps(begins_after=now - timedelta(days=1)):
        if request.state not in OPEN_STATES or request.begins_at <= now:
            continue
        moves = [_moved_seat(move, plans) for move in request.moves]
        kept = tuple(move for move in moves if move is not None)
        if kept == request.moves:
            continue
        cancel_reminder(tx, request, now, times)
        if len(kept) == len(request.moves):
            _ask_again(tx, replace(request, moves=kept), words, times)
            continue
        tx.update_swap(replace(request, state=SwapState.GONE, answered_at=now, answered_by="publish"))
        for person in (request.engineer, request.other):
            tell(tx, person, f"swap {request.code} gone {person}", words.request_gone(request), times)


def _moved_seat(move: SeatMove, plans: _Plans) -> SeatMove | None:
    is_whole, seat = plans.new_seat(move.window, move.role)
    if not is_whole:
        return move
    return None if seat is None else replace(move, window=seat.window)


def _ask_again(tx: SwapTransaction, request: SwapRequest, words: SwapWords, times: NoteTimes) -> None:
    """Store a request with its new hours, and queue an SMS to the engineer who is asked."""
    tx.update_swap(request)
    tell_asked(tx, request, words, times, again=True)
