"""Windows of time, and the weekly spans that say when the desk works and when engineers are on call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum


class WindowKind(StrEnum):
    """Who answers in a window: the desk in business hours, the engineers on call in all other kinds."""

    BUSINESS = "business"
    WEEKNIGHT = "weeknight"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"


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


@dataclass(frozen=True, slots=True)
class WeekSpan:
    """A stretch of the local week in whole minutes, half-open; Monday 00:00 is 0.

    `end_minute` is past the end of the week (10080) for a span that reaches into Monday.
    """

    kind: WindowKind
    start_minute: int
    end_minute: int
