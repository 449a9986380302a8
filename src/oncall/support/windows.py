"""Windows of time, and the spans of the week in which the desk works or engineers are on call."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar

KIND_FORM = r"[a-z][a-z0-9-]{0,39}"
"""The names that a kind of window may have, as a regular expression."""


class WindowKind(str):
    """The name of a kind of window: `business`, when the desk answers, or a policy's name for an on-call window.

    There is one object for each name, so two kinds can be compared with `is`. `HOLIDAY` is the kind of a public
    holiday; `WEEKNIGHT` and `WEEKEND` are the names in the packaged policy.
    """

    __slots__ = ()
    _by_name: ClassVar[dict[str, WindowKind]] = {}
    BUSINESS: ClassVar[WindowKind]
    WEEKNIGHT: ClassVar[WindowKind]
    WEEKEND: ClassVar[WindowKind]
    HOLIDAY: ClassVar[WindowKind]

    def __new__(cls, name: str) -> WindowKind:
        """Return the one kind with this name."""
        return cls._by_name.setdefault(str(name), super().__new__(cls, name))


WindowKind.BUSINESS = WindowKind("business")
WindowKind.WEEKNIGHT = WindowKind("weeknight")
WindowKind.WEEKEND = WindowKind("weekend")
WindowKind.HOLIDAY = WindowKind("holiday")


@dataclass(frozen=True, slots=True)
class Window:
    """A span of time. `start` is inside, `end` is not, so neighbours touch and never overlap. Both aware UTC."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        # A zero offset is not enough: London has one in winter, and adding a day to it follows the wall clock.
        if self.start.tzinfo is not UTC or self.end.tzinfo is not UTC:
            raise ValueError(f"a window needs datetime.UTC times, got {self.start!r} to {self.end!r}")
        if self.end <= self.start:
            raise ValueError(f"a window must end after it starts, got {self.start} to {self.end}")

    def __contains__(self, instant: datetime) -> bool:
        return self.start <= instant < self.end


@dataclass(frozen=True, slots=True)
class KindWindow(Window):
    """A window and its kind: business hours, or one stretch of on-call time."""

    kind: WindowKind


_DAY = 24 * 60
_SATURDAY, _MONDAY = 5 * _DAY, 7 * _DAY


@dataclass(frozen=True, slots=True)
class WeekSpan:
    """A stretch of the local week in whole minutes, half-open. Monday 00:00 is 0.

    `end_minute` is past the end of the week (10080) for a span that continues into Monday. marked_weekend: whether the
    policy says that the span is a weekend; None: its name and hours decide.
    """

    kind: WindowKind
    start_minute: int
    end_minute: int
    marked_weekend: bool | None = None

    @property
    def is_weekend(self) -> bool:
        """Return True if the span is a weekend: the weekend rules apply to it, and no holiday continues into it.

        If the policy does not say, a weekend is a span named `weekend`, or one that contains all of Saturday and Sunday
        but no whole working day.
        """
        if self.marked_weekend is not None:
            return self.marked_weekend
        has_weekend = self.start_minute <= _SATURDAY and self.end_minute >= _MONDAY
        no_working_day = _SATURDAY - self.start_minute < _DAY and self.end_minute - _MONDAY < _DAY
        return self.kind is WindowKind.WEEKEND or (has_weekend and no_working_day)

    @property
    def continues_holiday(self) -> bool:
        """Return True if a holiday before the span continues into it.

        That is so if the span is a night and not a weekend.
        """
        is_night = self.kind is WindowKind.WEEKNIGHT or self.end_minute - self.start_minute < _DAY
        return is_night and self.kind is not WindowKind.BUSINESS and not self.is_weekend


def weekend_kinds(spans: Iterable[WeekSpan]) -> frozenset[WindowKind]:
    """Return the kinds to which the weekend rules apply.

    `weekend` is always included, because other teams' plans use it.
    """
    return frozenset(span.kind for span in spans if span.is_weekend) | {WindowKind.WEEKEND}
