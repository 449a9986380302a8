"""One team: its people, their days off and the rules of its rotation. `roster_file` reads it."""

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
"""The role of a newcomer who comes along to learn: it covers nothing, counts for no load, and is never paged."""


class WeekendStyle(StrEnum):
    """How a weekend is cut into shifts."""

    BLOCK = "block"
    DAILY = "daily"


class DaysOff(StrEnum):
    """Which shifts a day off blocks.

    WHOLE: every shift that overlaps any minute of the day. EVENINGS: only shifts that start on the day (a block
    weekend: on any of its days), so a shift of the evening before still ends on its morning.
    """

    WHOLE = "whole"
    EVENINGS = "evenings"


class SharesRule(StrEnum):
    """How a kind's shifts are shared by engineers who may not take every role.

    BY_TOTAL: the load of all roles together is as even as the roles allow, then each role is split. BY_ROLE: each role
    by itself is split among those who take it.
    """

    BY_TOTAL = "by_total"
    BY_ROLE = "by_role"


@dataclass(frozen=True, slots=True)
class Absence:
    """Days off of an engineer; both dates are inside. `leave` also lowers the engineer's share.

    starts_at, ends_at: the local time on the first and on the last day, if the absence does not take the whole day; it
    ends before `ends_at`. weekday: only this day of each week is off (Monday is 0). holidays: only the dates that are
    among these holidays are off.
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
    """Return a date with its time, if it has one: `2027-02-15`, or `2027-02-15 18:00`."""
    return str(day) if at is None else f"{day} {at:%H:%M}"


@dataclass(frozen=True, slots=True)
class Shadowing:
    """Days on which a newcomer only accompanies others, in the role SHADOW; both dates are inside."""

    first_day: date
    last_day: date

    def __contains__(self, day: date) -> bool:
        return self.first_day <= day <= self.last_day


class RequestDirection(StrEnum):
    """Whether an engineer asks to be spared a shift or to get it."""

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

    joins, leaves: first and last day, both inside. joins_at, leaves_at: the local time on that day, if it counts only
    in part; the person leaves before `leaves_at`. `time_off` judges these dates and the absences. kinds: the kinds of
    shift that the person takes; None for all. holidays: days that the person would rather not work.
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
        """Return the shadowing that includes `day`, or None."""
        return next((shadowing for shadowing in self.shadows if day in shadowing), None)


@dataclass(frozen=True, slots=True)
class Manager:
    """The person whom the pager pages last, and at once if no one is on call."""

    id: str
    name: str
    phone: str = field(repr=False)
    email: str | None = None


@dataclass(frozen=True, slots=True)
class FixedSeat:
    """A seat that the roster gives to an engineer, on the shift that starts on `day`. kind: set if two start then."""

    day: date
    role: str
    engineer: str
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Handover:
    """When turns change: a day of each week (Monday is 0), and the local minute of that day if the roster says it."""

    weekday: int
    minute: int | None = None


@dataclass(frozen=True, slots=True)
class Points:
    """The points of a shift by kind; kinds that are not named have 1. by_kind: empty if each hour is a point."""

    by_kind: tuple[tuple[str, Fraction], ...] = ()

    @property
    def is_hours(self) -> bool:
        """Return True if each hour is a point."""
        return not self.by_kind

    def of(self, kind: str) -> Fraction:
        """Return the points of a shift of a kind, if points are not hours."""
        return dict(self.by_kind).get(kind, Fraction(1))


@dataclass(frozen=True, slots=True)
class RotationRules:
    """The hard rules of the rotation, and two soft ones. None switches a maximum off.

    rest_nights: free nights between two shifts of one engineer, whatever the roles.
    weekends_apart: of any this many weekends in a row, an engineer works at most one.
    holidays_apart: in any this many years in a row, an engineer has the same holiday at most once; 1 switches it off.
    requests_weight: the weight of a request; a shift that a preferred pair shares has weight 1. 0 ignores requests.
    never_together: pairs of engineers who are never on the same shift. prefer_together (soft): pairs who should be.
    min_rest_hours: hours between two shifts of one engineer, whatever the roles; 0 switches it off.
    max_hours_per_week: on-call hours of an engineer in any seven days in a row. max_shifts: the most shifts of an
    engineer, by id, in one plan.
    turn_weeks: the weeks for which one person holds a role at a stretch; 0: every shift is staffed by itself.
    handover: when a turn of weeks begins; None for Monday.
    turn_groups: groups of kinds of shift that have turns of their own, because no engineer takes kinds of two groups;
    empty if one turn has all kinds.
    points: what shifts weigh in one more total over all kinds; None: there is none.
    relaxed: relaxations that a manager agreed to. They are never in the file; `relaxed_roster` adds them.
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
    """One team. holidays: the days without business hours. policy: the support promise.

    zone: the team's own zone. The windows follow `policy.zone`; the packaged policy takes the zone of the team.
    """

    team: str
    zone: ZoneInfo
    policy: Policy
    rules: RotationRules
    engineers: tuple[Engineer, ...]
    manager: Manager | None
    holidays: CompanyDays | None = None
    busy: tuple[str, ...] = ()
    """Plan files of other teams, beside the roster, whose shifts count for engineers who are on both rosters."""
    source: str = field(default="", compare=False)
    text: str = field(default="", compare=False, repr=False)
    """The roster file as it was read; a publication keeps it."""
    lines: Mapping[str, int] = field(default_factory=dict, compare=False, repr=False)
    """Line of each document path (`rotation.rest_nights`, `engineers[2].unavailable[0]`), for messages."""
    warnings: tuple[Fault, ...] = field(default=(), compare=False, repr=False)
    """Values of this file and of its policy that can be used but should be checked."""

    def engineer(self, engineer_id: str) -> Engineer | None:
        """Return the engineer of that id, or None."""
        return next((engineer for engineer in self.engineers if engineer.id == engineer_id), None)
