"""The versions that make the schedule: publications of plans, and changes of single assignments on top."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from oncall.schedule.availability import Availability
from oncall.schedule.seat import Seat
from oncall.support.calendar import SupportCalendar
from oncall.support.windows import Window


@dataclass(frozen=True, slots=True)
class Person:
    """An engineer or the manager, as a publication has them. `phone` (E.164) must not appear in any text."""

    id: str
    name: str
    phone: str = field(repr=False)
    zone: ZoneInfo
    email: str | None = None
    availability: Availability = field(default=Availability({}), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class PublishedProof:
    """A plan's statement of its own fairness when it was published: status, cost, and the bound on every legal plan."""

    status: str
    cost: int
    bound: int


@dataclass(frozen=True, slots=True)
class Publication:
    """A plan that became the schedule for its own span, with the people and hours that it was made for.

    at: when it was published (aware UTC). calendar: its hours. undone_at: when an undo took it back; its span and its
    seats end there; None while it holds. policy_from: when its policy and hours begin to hold; None for `at`. proof:
    None for a plan without a proof, such as a CSV.
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
        """Return when its policy, hours, roles and manager begin to hold (aware UTC)."""
        return self.policy_from or self.at

    def holds_at(self, at: datetime) -> bool:
        """Return True if its policy may hold at `at`; a newer publication that may hold too takes precedence."""
        return self.holds_from <= at and (self.undone_at is None or at < self.undone_at)

    @property
    def ahead(self) -> Window | None:
        """Return the part of the span that was still to come when it was published."""
        start = max(self.span.start, self.at)
        return Window(start, self.span.end) if start < self.span.end else None

    @property
    def behind(self) -> Window | None:
        """Return the part of the span that was over when it was published."""
        end = min(self.span.end, self.at)
        return Window(self.span.start, end) if self.span.start < end else None


@dataclass(frozen=True, slots=True)
class Piece:
    """Puts `engineer` on call as `role` during `window`. A change of the schedule has one or more pieces."""

    window: Window
    role: str
    engineer: str


@dataclass(frozen=True, slots=True)
class Override:
    """One piece of a change: puts `engineer` on call as `role` during `window`, whatever the plan says.

    Later versions win. The pieces of one version share its number. window: ends where an undo took the version back.
    kind: `override`, `swap`, `cover` or `away`.
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

    kind: `publication`, `override`, `swap`, `cover`, `away` or `undo`. undoes: the version that an undo takes back.
    undone_by: the version that took this one back.
    """

    version: int
    at: datetime
    kind: str
    by: str
    reason: str
    undoes: int | None = None
    undone_by: int | None = None
