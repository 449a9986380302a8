"""The data of one team: its people, their days off and the rules of its rotation. `roster_file` reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from enum import StrEnum
from fractions import Fraction
from zoneinfo import ZoneInfo

from oncall.errors import Fault
from oncall.rosters.relaxation import Relaxation
from oncall.support.coverage_days import DAYS_OF_WEEK
from oncall.support.holidays import CompanyDays
from oncall.support.policy import Policy

SHADOW = "shadow"
"""The role of a newcomer who accompanies a shift to learn. It covers nothing, adds no load and gets no page."""


class WeekendStyle(StrEnum):
    """How a weekend is cut into shifts: one shift for all of it (`block`), or one for each day (`daily`)."""

    BLOCK = "block"
    DAILY = "daily"


class DaysOff(StrEnum):
    """Which shifts a day off blocks.

    WHOLE: every shift that overlaps the day by a minute or more. EVENINGS: only shifts that start on the day (a block
    weekend: if any of its days is the day off), so that the shift of the evening before may still end that morning.
    """

    WHOLE = "whole"
    EVENINGS = "evenings"


class SharesRule(StrEnum):
    """How the shifts of a kind are divided if some engineers do not take every role.

    BY_TOTAL: the load of all roles together is as even as the roles allow, and is then split by role. BY_ROLE: each
    role by itself is divided among the engineers who take it.
    """

    BY_TOTAL = "by_total"
    BY_ROLE = "by_role"


@dataclass(frozen=True, slots=True)
class Absence:
    """Days off of an engineer, from `first_day` to `last_day`, both included. `leave` also lowers the engineer's share.

    starts_at, ends_at: the local time at which the absence begins on the first day and ends on the last; None for the
    whole day. weekday: only this day of each week is off (Monday is 0). holidays: only those dates that are among these
    holidays are off.
    """

    first_day: date
    last_day: date
    reason: str = ""
    leave: bool = False
    starts_at: time | None = None
    ends_at: time | None = None
    weekday: int | None = None
    holidays: CompanyDays | None = None

    def __contains__(self, day: date) -> bool:
        if not self.first_day <= day <= self.last_day or self.weekday not in (None, day.weekday()):
            return False
        return self.holidays is None or day in self.holidays

    @property
    def span_text(self) -> str:
        """Return the dates in words: `on 2027-02-15`, `from 2027-02-15 18:00 to 2027-02-19`, `every Friday`."""
        first, last = moment_text(self.first_day, self.starts_at), moment_text(self.last_day, self.ends_at)
        if self.weekday is None and self.holidays is None:
            return f"on {first}" if first == last else f"from {first} to {last}"
        begins = "" if self.first_day == date.min else f" from {first}"
        ends = "" if self.last_day == date.max else f" to {last}"
        if self.holidays is not None:
            return f"on {self.holidays.days_text}{begins}{ends}"
        assert self.weekday is not None
        return f"every {DAYS_OF_WEEK[self.weekday]}{begins}{ends}"


def moment_text(day: date | None, at: time | None) -> str:
    """Return a date, with its local time if one is given: `2027-02-15`, or `2027-02-15 18:00`."""
    return str(day) if at is None else f"{day} {at:%H:%M}"


@dataclass(frozen=True, slots=True)
class Shadowing:
    """Days on which a newcomer only accompanies others, in the role SHADOW; both dates are included."""

    first_day: date
    last_day: date

    def __contains__(self, day: date) -> bool:
        return self.first_day <= day <= self.last_day


class RequestDirection(StrEnum):
    """Whether an engineer asks not to have a shift (`avoid`) or to have it (`prefer`)."""

    AVOID = "avoid"
    PREFER = "prefer"


@dataclass(frozen=True, slots=True)
class Request:
    """A request of an engineer. Exactly one of `day`, `weekday` (Monday is 0) and `kind` (of shift) is set."""

    direction: RequestDirection
    day: date | None = None
    weekday: int | None = None
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Engineer:
    """A person of the rotation. `roles` is never empty.

    joins, leaves: the first and the last day in the rotation, both included; None if not set. joins_at, leaves_at: the
    local time of joining on the first day and of leaving on the last; None for the whole day. kinds: the kinds of shift
    that the person takes; None for all. holidays: days on which the person would rather not work. `time_off` has the
    functions that evaluate the dates and the absences.
    """

    id: str
    name: str
    phone: str = field(repr=False)
    roles: tuple[str, ...]
    zone: ZoneInfo
    email: str | None = None
    fte: float = 1.0
    joins: date | None = None
    leaves: date | None = None
    absences: tuple[Absence, ...] = ()
    requests: tuple[Request, ...] = ()
    shadows: tuple[Shadowing, ...] = ()
    joins_at: time | None = None
    leaves_at: time | None = None
    kinds: tuple[str, ...] | None = None
    holidays: CompanyDays | None = None

    def takes(self, kind: str) -> bool:
        """Return True if the person takes shifts of this kind."""
        return self.kinds is None or kind in self.kinds

    def shadowing_on(self, day: date) -> Shadowing | None:
        """Return the shadowing that includes `day`, or None if there is none."""
        return next((shadowing for shadowing in self.shadows if day in shadowing), None)


@dataclass(frozen=True, slots=True)
class Manager:
    """The person whom the pager pages last, or immediately if no one is on call."""

    id: str
    name: str
    phone: str = field(repr=False)
    email: str | None = None


@dataclass(frozen=True, slots=True)
class FixedSeat:
    """A seat that the roster gives to one engineer, on the shift that starts on `day`.

    kind: set if two shifts start on that day; else None.
    """

    day: date
    role: str
    engineer: str
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Handover:
    """When turns change: a day of each week (Monday is 0), and the local minute of that day (None if not given)."""

    weekday: int
    minute: int | None = None


@dataclass(frozen=True, slots=True)
class Points:
    """The points of a shift of each kind, 1 for kinds not in `by_kind`. by_kind: empty if each hour is one point."""

    by_kind: tuple[tuple[str, Fraction], ...] = ()

    @property
    def is_hours(self) -> bool:
        """Return True if each on-call hour is one point, whatever the kind."""
        return not self.by_kind

    def of(self, kind: str) -> Fraction:
        """Return the points of a shift of a kind. Must not be called if each hour is one point."""
        return dict(self.by_kind).get(kind, Fraction(1))


@dataclass(frozen=True, slots=True)
class RotationRules:
    """The hard rules of the rotation, and its soft ones. For a maximum, None means that there is none.

    rest_nights: free nights between two shifts of one engineer, in whatever roles.
    weekends_apart: of this many weekends in a row, an engineer works at most one.
    holidays_apart: in this many years in a row, an engineer has the same holiday at most once; 1 switches the rule off.
    requests_weight: the weight of a request; a shift that a preferred pair has together has weight 1. 0 ignores
    requests. never_together: pairs of engineers who are never on the same shift. prefer_together (soft): pairs who
    should be. min_rest_hours: least hours between two shifts of one engineer, in whatever roles; 0 switches the rule
    off. max_hours_per_week: the most on-call hours of an engineer in any seven days in a row. max_shifts: the most
    shifts of an engineer in one plan, by the engineer's id. turn_weeks: how many weeks one engineer has a role at a
    stretch; 0: each shift is staffed separately. handover: when a turn of weeks begins; None for Monday. turn_groups:
    groups of kinds of shift that have separate turns, because no engineer takes kinds of two groups; empty if one turn
    has all kinds. points: what a shift of each kind weighs in one more total over all kinds; None if there is no such
    total. relaxed: relaxations that a manager agreed to. They are never in the file; `relaxed_roster` adds them.
    """

    roles: tuple[str, ...] = ("primary", "secondary")
    weekend: WeekendStyle = WeekendStyle.BLOCK
    rest_nights: int = 2
    weekends_apart: int = 2
    max_shifts_per_week: int | None = None
    max_shifts_per_month: int | None = None
    requests_weight: int = 1
    holidays_apart: int = 1
    fixed: tuple[FixedSeat, ...] = ()
    never_together: tuple[tuple[str, str], ...] = ()
    prefer_together: tuple[tuple[str, str], ...] = ()
    min_rest_hours: int = 0
    max_hours_per_week: int | None = None
    max_shifts: tuple[tuple[str, int], ...] = ()
    turn_weeks: int = 0
    turn_groups: tuple[frozenset[str], ...] = ()
    handover: Handover | None = None
    relaxed: tuple[Relaxation, ...] = ()
    days_off: DaysOff = DaysOff.WHOLE
    shares: SharesRule = SharesRule.BY_TOTAL
    points: Points | None = None


@dataclass(frozen=True, slots=True)
class Roster:
    """One team. holidays: the days without business hours. policy: the support hours, plans, targets and escalation.

    zone: the team's time zone. The on-call windows are cut in `policy.zone`; the packaged policy takes the team's zone.
    """

    team: str
    zone: ZoneInfo
    policy: Policy
    rules: RotationRules
    engineers: tuple[Engineer, ...]
    manager: Manager | None
    holidays: CompanyDays | None = None
    busy: tuple[str, ...] = ()
    """File names of other teams' plans, in the roster's folder. Their shifts count for engineers on both rosters."""
    source: str = field(default="", compare=False)
    text: str = field(default="", compare=False, repr=False)
    """The content of the roster file. It is stored with a published plan."""
    lines: Mapping[str, int] = field(default_factory=dict, compare=False, repr=False)
    """The line number of each document path (`rotation.rest_nights`, `engineers[2].unavailable[0]`), for messages."""
    warnings: tuple[Fault, ...] = field(default=(), compare=False, repr=False)
    """Doubtful but usable values in this file and in its policy."""

    def engineer(self, engineer_id: str) -> Engineer | None:
        """Return the engineer with this id, or None if there is none."""
        return next((engineer for engineer in self.engineers if engineer.id == engineer_id), None)
