"""The versions that make the schedule: published plans, and changes of assignments on top."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from oncall.schedule.availability import Availability
from oncall.schedule.seat import Seat
from oncall.schedule.workload import Workload
from oncall.support.calendar import SupportCalendar
from oncall.support.windows import Window


@dataclass(frozen=True, slots=True)
class Person:
    """An engineer or the manager on a published roster. `phone` (E.164) must not appear in any text.

    workload: None for the manager, and on rosters that an early version of oncall published.
    """

    id: str
    name: str
    phone: str = field(repr=False)
    zone: ZoneInfo
    email: str | None = None
    availability: Availability = field(default=Availability({}), compare=False, repr=False)
    workload: Workload | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class PublishedProof:
    """The fairness of a plan at the time of publication: status, cost, and a bound that no plan can beat."""

    status: str
    cost: int
    bound: int


@dataclass(frozen=True, slots=True)
class Publication:
    """A plan that became the schedule for its own span, with the people and hours for which it was made.

    at: when it was published (aware UTC). calendar: its support hours. undone_at: when an undo took it back, which ends
    its span and its seats; None if it was not undone. policy_from: when its policy and hours come into force; None for
    `at`. proof: None for a plan without a proof, such as a CSV.
    """

    version: int
    at: datetime
    by: str
    reason: str
    team: str
    zone: ZoneInfo
    roles: tuple[str, ...]
    calendar: SupportCalendar
    people: Mapping[str, Person]
    manager: Person | None
    span: Window
    seats: tuple[Seat, ...]
    undone_at: datetime | None = None
    policy_from: datetime | None = None
    proof: PublishedProof | None = None

    @property
    def holds_from(self) -> datetime:
        """Return when its policy, hours, roles and manager come into force (aware UTC)."""
        return self.policy_from or self.at

    def holds_at(self, at: datetime) -> bool:
        """Return True if its policy can be in force at `at`.

        A newer publication for which this is also True comes first.
        """
        return self.holds_from <= at and (self.undone_at is None or at < self.undone_at)

    @property
    def ahead(self) -> Window | None:
        """Return the part of its span that was in the future when it was published; None if there was none."""
        start = max(self.span.start, self.at)
        return Window(start, self.span.end) if start < self.span.end else None

    @property
    def behind(self) -> Window | None:
        """Return the part of its span that was past when it was published; None if there was none."""
        end = min(self.span.end, self.at)
        return Window(self.span.start, end) if self.span.start < end else None


@dataclass(frozen=True, slots=True)
class Piece:
    """One engineer on call in one role for one window, as part of a change. A change has one or more pieces."""

    window: Window
    role: str
    engineer: str


@dataclass(frozen=True, slots=True)
class Override:
    """One piece of a change: puts `engineer` on call as `role` during `window`, whatever the plan says.

    If pieces overlap, the later version applies. All pieces of one version have its number. window: ends where an undo
    took the version back. kind: `override`, `swap`, `cover` or `away`.
    """

    version: int
    at: datetime
    by: str
    reason: str
    window: Window
    role: str
    engineer: str
    kind: str = "override"


@dataclass(frozen=True, slots=True)
class VersionNote:
    """One line of the schedule's history.

    kind: `publication`, `override`, `swap`, `cover`, `away` or `undo`. undoes: the version that an undo takes back;
    None for other kinds. undone_by: the version that took this one back; None if none did.
    """

    version: int
    at: datetime
    kind: str
    by: str
    reason: str
    undoes: int | None = None
    undone_by: int | None = None
