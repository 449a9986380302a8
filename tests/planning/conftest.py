"""A team, a plan for it, and a schedule that grows version by version in memory."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from oncall.paging.ports.records import NewVersion
from oncall.planning.published.schedule_version import Author
from oncall.planning.sources.context_sources import NamedPlan
from oncall.rosters.roster import Roster
from oncall.rosters.roster_file import roster_from_text
from oncall.schedule.plan import Plan, Seat
from oncall.schedule.schedule import Schedule
from oncall.schedule.shifts import shifts_between
from oncall.schedule.version_document import PUBLISH, VersionRow, schedule_from_rows
from oncall.support.calendar import calendar_of
from oncall.support.policy import Policy
from oncall.support.policy_file import packaged_policy, policy_from_sources

FIRST, LAST = date(2027, 1, 4), date(2027, 1, 17)
PEOPLE = ("ana", "ben", "cai", "dee", "eve", "fay")
ROSTER = """\
team: night-owls
timezone: America/New_York
engineers:
""" + "".join(
    f'  - {{id: {name}, name: {name.title()}, phone: "+1305555010{number}"}}\n' for number, name in enumerate(PEOPLE)
)
AUTHOR = Author("mei", datetime(2027, 1, 1, tzinfo=UTC), "a new quarter")


def roster_of(text: str = ROSTER) -> Roster:
    """The roster of this text, with the packaged policy in New York time."""
    return roster_from_text(text, "night-owls.yaml", packaged_policy(ZoneInfo("America/New_York")))


def in_turn(roster: Roster, first: date = FIRST, last: date = LAST) -> Plan:
    """Give each shift the next two people of the roster."""
    calendar = calendar_of(roster.policy, roster.holidays)
    shifts = shifts_between(calendar, first_day=first, last_day=last, rules=roster.rules)
    people = [engineer.id for engineer in roster.engineers]
    seats = tuple(
        Seat(shift.window, shift.kind, role, people[(2 * number + offset) % len(people)])
        for number, shift in enumerate(shifts)
        for offset, role in enumerate(roster.rules.roles)
    )
    return Plan(roster.team, roster.zone, seats, first_day=first, last_day=last)


class MemorySchedule:
    """The versions of a schedule, kept in a list."""

    def __init__(self) -> None:
        self.versions: list[NewVersion] = []

    def rows(self) -> list[VersionRow]:
        return [
            VersionRow(number, each.at, each.kind, each.by, each.reason, each.document)
            for number, each in enumerate(self.versions, start=1)
        ]

    def schedule(self) -> Schedule:
        return schedule_from_rows(self.rows(), calendar_of(packaged_policy(), None))

    def policy(self) -> Policy:
        published = [each for each in self.versions if each.kind == PUBLISH]
        return policy_from_sources(published[-1].sources) if published else packaged_policy()

    def lock_schedule(self) -> None:
        """Return at once: nobody else changes this schedule."""

    def publication_sources(self, version: int) -> Mapping[str, str]:
        return self.versions[version - 1].sources

    def add_version(self, version: NewVersion) -> int:
        self.versions.append(version)
        return len(self.versions)


class Told:
    """Collects sentences, in order."""

    def __init__(self) -> None:
        self.sentences: list[str] = []

    def __call__(self, sentence: str) -> None:
        self.sentences.append(sentence)


@pytest.fixture
def roster() -> Roster:
    return roster_of()


@pytest.fixture
def plan(roster: Roster) -> NamedPlan:
    """Two weeks from 2027-01-04 in which each pair has every third shift."""
    return NamedPlan("plan.csv", in_turn(roster))


@pytest.fixture
def store() -> MemorySchedule:
    return MemorySchedule()


@pytest.fixture
def told() -> Told:
    return Told()
