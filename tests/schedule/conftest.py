"""A small team, its calendar, and a plan for it that needs no planner."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from oncall.rosters.roster import Engineer, Manager, Roster, RotationRules
from oncall.schedule.change_document import undo_document, window_of
from oncall.schedule.plan import Plan, Seat
from oncall.schedule.schedule import Schedule
from oncall.schedule.shifts import shifts_between
from oncall.schedule.version_document import VersionRow, override_document, publication_document, schedule_from_rows
from oncall.support.calendar import calendar_of
from oncall.support.holidays import public_holidays
from oncall.support.policy_file import packaged_policy
from oncall.support.windows import Window

NEW_YORK = ZoneInfo("America/New_York")
PEOPLE = ("ana", "ben", "cleo", "dev")
ROLES = ("primary", "secondary")


def local(text: str) -> datetime:
    """A New York wall time as aware UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK).astimezone(UTC)


def span(start: str, end: str) -> Window:
    """From one New York wall time to another."""
    return Window(local(start), local(end))


def make_roster(holidays: str | None = "US") -> Roster:
    """Four engineers and a manager in New York."""
    engineers = tuple(
        Engineer(id=name, name=name.title(), phone=f"+1305555010{number}", roles=ROLES, zone=NEW_YORK)
        for number, name in enumerate(PEOPLE)
    )
    manager = Manager("mei", "Mei Lin", "+13055550199", "mei@example.com")
    return Roster(
        "cas-support",
        NEW_YORK,
        packaged_policy(),
        RotationRules(),
        engineers,
        manager,
        public_holidays(holidays) if holidays else None,
    )


def round_robin(roster: Roster, first_day: date, last_day: date, *, people: tuple[str, ...] = PEOPLE) -> Plan:
    """Shift n has people[n] as primary and the next one as secondary."""
    calendar = calendar_of(roster.policy, roster.holidays)
    shifts = shifts_between(calendar, first_day=first_day, last_day=last_day, rules=RotationRules())
    seats = tuple(
        Seat(shift.window, shift.kind, role, people[(number + offset) % len(people)])
        for number, shift in enumerate(shifts)
        for offset, role in enumerate(roster.rules.roles)
    )
    return Plan(roster.team, roster.zone, seats, first_day=first_day, last_day=last_day)


class Published:
    """A schedule that grows version by version, as the store keeps it."""

    def __init__(self, roster: Roster) -> None:
        self.roster = roster
        self.rows: list[VersionRow] = []

    def publish(
        self, plan: Plan, *, reason: str = "the plan", at: str | None = None, policy_from: datetime | None = None
    ) -> None:
        """Add a publication. at: UTC; default: in December 2026. policy_from: when its policy begins to hold."""
        begins = {} if policy_from is None else {"policy_from": policy_from.timestamp()}
        self._add("publish", {**publication_document(plan, self.roster), **begins}, reason, at)

    def override(self, window: Window, role: str, engineer: str, *, reason: str = "a favour") -> None:
        """Add an override."""
        self._add("override", override_document(window, role, engineer), reason)

    def undo(self, version: int) -> None:
        """Take back a version."""
        self._add("undo", undo_document(version, window_of(self.rows[version - 1].document)), "a mistake")

    @property
    def schedule(self) -> Schedule:
        """The schedule that all versions make."""
        return schedule_from_rows(self.rows, calendar_of(self.roster.policy, None))

    def _add(self, kind: str, document: Mapping[str, object], reason: str, at: str | None = None) -> None:
        number = len(self.rows) + 1
        instant = datetime.fromisoformat(at).replace(tzinfo=UTC) if at else datetime(2026, 12, 1, number, tzinfo=UTC)
        self.rows.append(VersionRow(number, instant, kind, "mei", reason, document))


@pytest.fixture
def roster() -> Roster:
    """Four engineers in New York with American holidays."""
    return make_roster()


@pytest.fixture
def january(roster: Roster) -> Plan:
    """Monday 4 January to Sunday 31 January 2027."""
    return round_robin(roster, date(2027, 1, 4), date(2027, 1, 31))


@pytest.fixture
def published(roster: Roster, january: Plan) -> Published:
    """The January plan, published."""
    published = Published(roster)
    published.publish(january)
    return published
