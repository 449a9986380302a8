"""A team of ten with a published fortnight, in a store in memory that also keeps requests and alerts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import count

import pytest

from oncall.paging.domain.reachability import Alert
from oncall.planning.published.publish_plan import PublishablePlan, publish_plan
from oncall.planning.published.schedule_version import Author
from oncall.planning.swaps.swap_answers import Answerer
from oncall.planning.swaps.swap_notes import NoteTimes
from oncall.rehearsal.memory_swaps import SwapBook
from oncall.rosters.roster import Roster
from tests.planning.conftest import FIRST, LAST, MemorySchedule, in_turn, roster_of

PEOPLE = ("ana", "ben", "cai", "dee", "eve", "fay", "gus", "hal", "ida", "jon")
TEN = """\
team: night-owls
timezone: America/New_York
engineers:
""" + "".join(
    f'  - {{id: {name}, name: {name.title()}, phone: "+130555501{number:02d}"}}\n' for number, name in enumerate(PEOPLE)
)
NOW = datetime(2027, 1, 1, 12, tzinfo=UTC)
TIMES = NoteTimes(NOW, lambda at: at)
MONDAY, TUESDAY, WEDNESDAY = date(2027, 1, 4), date(2027, 1, 5), date(2027, 1, 6)
"""The people in turn: ana and ben on Monday, cai and dee on Tuesday, eve and fay on Wednesday."""


def by(name: str, at: datetime = NOW, reason: str = "a concert") -> Author:
    return Author(name, at, reason)


def answers(name: str, at: datetime = NOW, *, is_manager: bool = False) -> Answerer:
    return Answerer(name, at, is_manager)


class SwapMemory(MemorySchedule, SwapBook):
    """Versions, requests and alerts in memory. Codes are given in order."""

    def __init__(self) -> None:
        MemorySchedule.__init__(self)
        SwapBook.__init__(self)
        self.alerts_by_id: dict[str, Alert] = {}
        self._codes = (f"7AA{letter}" for letter in "CDEFGHJKMNPQRTWXY")
        self._drawn = count()

    def publish(self, roster: Roster, first: date = FIRST, last: date = LAST, at: datetime = NOW) -> None:
        """Publish the team in turn, whatever the rules say."""
        publish_plan(self, PublishablePlan(in_turn(roster, first, last), roster), Author("mei", at, "published"))

    def code_count(self, length: int) -> int:
        return 0

    def unused_code(self, draw: Callable[[], str]) -> str:
        return next(self._codes)

    def add_alert(self, alert: Alert) -> bool:
        self.alerts_by_id[alert.id] = alert
        return True

    def update_alert(self, alert: Alert) -> None:
        known = self.alerts_by_id[alert.id]
        self.alerts_by_id[alert.id] = replace(known, due_at=alert.due_at)

    def claim_alerts(self, *, real_now: datetime, lease_until: datetime) -> list[Alert]:
        return [each for each in self.alerts_by_id.values() if each.due_at is not None and each.due_at <= real_now]

    def alerts(self, *, written_since: datetime) -> list[Alert]:
        return [each for each in self.alerts_by_id.values() if each.written_at >= written_since]

    def texts(self) -> list[tuple[str, str]]:
        """Who is told what, by alerts that have not been cancelled."""
        return [(each.to, each.body) for each in self.alerts_by_id.values() if each.due_at is not None]


@pytest.fixture
def ten() -> Roster:
    return roster_of(TEN)


@pytest.fixture
def desk(ten: Roster) -> SwapMemory:
    """Ten people on call in turn for two weeks from Monday 2027-01-04."""
    store = SwapMemory()
    store.publish(ten)
    return store
