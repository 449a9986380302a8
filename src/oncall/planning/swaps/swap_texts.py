"""Writes the SMS texts about requests to swap. A text starts with what to do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from oncall.paging.outgoing.sms_encoding import encoding_for, fitted
from oncall.schedule.schedule import Schedule
from oncall.schedule.swap_requests import SeatMove, SwapRequest
from oncall.support.policy import Policy
from oncall.support.windows import Window
from oncall.support.wording import zone_name

_PARTS = 2
"""The most SMS segments of a text. A request names up to two shifts and two people."""


class SwapWords:
    """Writes the texts, with times in the policy's zone, and names in letters that an SMS can show."""

    def __init__(self, schedule: Schedule, policy: Policy) -> None:
        self._schedule, self._unicode = schedule, policy.sms.unicode
        self._zone = schedule.calendar.zone

    def asked(self, request: SwapRequest) -> str:
        """Return the text that asks the other engineer for an answer."""
        gets, gives = _gained(request.moves, request.other), _lost(request.moves, request.other)
        asker, code = self.name(request.engineer), request.code
        if gives:
            what = f"swap with {asker}: you get {self.shifts(gets)}, {asker} gets {self.shifts(gives)}"
        elif request.absence is not None and request.other == request.engineer:
            what = f"take {self.shifts(gets)}, so that another engineer can cover you"
        elif request.absence is not None:
            what = f"cover {asker}, who is away: {self.shifts(gets)}"
        else:
            what = f"take {self.shifts(gets)} from {asker}"
        return _text(f"Reply YES {code} to {what}; or NO {code}.")

    def unanswered(self, request: SwapRequest) -> str:
        """Return the reminder to the asker, a day before the shift, that there is no answer."""
        words = (
            f"Ask another engineer: {self.name(request.other)} has not answered swap {request.code}, "
            f"and {self.shifts(request.moves)} is still yours."
        )
        return _text(words)

    def accepted(self, request: SwapRequest) -> str:
        """Return the text to the asker that the other engineer accepted."""
        own = _gained(request.moves, request.engineer)
        also = f" You have {self.shifts(own)}." if own else ""
        taken = self.shifts(_gained(request.moves, request.other))
        return _text(f"No action needed: {self.name(request.other)} takes {taken} ({request.code}).{also}")

    def declined(self, request: SwapRequest) -> str:
        """Return the text to the asker that the other engineer declined."""
        words = (
            f"Ask another engineer: {self.name(request.other)} declined swap {request.code}. "
            f"Nothing changes for {self.shifts(_lost(request.moves, request.engineer) or request.moves)}."
        )
        return _text(words)

    def withdrawn(self, request: SwapRequest) -> str:
        """Return the text to the engineer who was asked that the asker withdrew the request."""
        asker = self.name(request.engineer)
        return _text(f"No action needed: {asker} withdrew swap {request.code} ({self.shifts(request.moves)}).")

    def gone(self, role: str, window: Window) -> str:
        """Return the text to both engineers that the new plan does not have a swapped shift, so that the swap ends."""
        when = window_words(window, self._zone)
        return _text(f"Check your shifts: the new plan has no shift {when}, so the swap of {role} is over.")

    def request_gone(self, request: SwapRequest) -> str:
        """Return the text to both engineers that the new plan does not have the shift of an open request."""
        words = f"No action needed: swap {request.code} is over, because the new plan does not have its shift"
        return _text(f"{words} ({self.shifts(request.moves)}).")

    def shifts(self, moves: Sequence[SeatMove]) -> str:
        """Describe seats in words: `primary Mon 4 Jan 19:01-08:00 EST and secondary ...`."""
        return " and ".join(f"{move.role} {window_words(move.window, self._zone)}" for move in moves)

    def name(self, person_id: str) -> str:
        """Return a person's name in letters that an SMS can show; the id if no published roster has the person."""
        person = self._schedule.people.get(person_id)
        name = person.name if person is not None else person_id
        return encoding_for([name], unicode=self._unicode).spell(name)


def window_words(window: Window, zone: ZoneInfo) -> str:
    """Return a window in words, like `Mon 4 Jan 19:01-08:00 EST`. The end has its day if it is not the next morning."""
    start, end = window.start.astimezone(zone), window.end.astimezone(zone)
    is_near = (end.date() - start.date()).days <= 1
    until = f"{end:%H:%M}" if is_near else f"{end:%a %H:%M}"
    return f"{_day(start)} {start:%H:%M}-{until} {zone_name(window.start, zone)}"


def _day(at: datetime) -> str:
    return f"{at:%a} {at.day} {at:%b}"


def _gained(moves: Sequence[SeatMove], engineer: str) -> list[SeatMove]:
    return [move for move in moves if move.taker == engineer]


def _lost(moves: Sequence[SeatMove], engineer: str) -> list[SeatMove]:
    return [move for move in moves if move.giver == engineer]


def _text(words: str) -> str:
    return fitted(words, _PARTS)
