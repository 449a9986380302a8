"""The auditor reads the log alone and finds overdue messages. Two looks confirm one, and one operator is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from oncall.errors import StoreUnavailable, Temporary
from oncall.paging.domain.events import EventKind
from oncall.paging.domain.pager_events import StepFired
from oncall.paging.domain.ticket import AttemptStatus
from oncall.paging.ports.channel import Receipt
from oncall.paging.ports.store import Transaction
from oncall.paging.watch.audit import Audit, Kind, audit
from oncall.paging.watch.auditor import Auditor
from tests.paging.storm import each_alone
from tests.paging.world import World

LATE = timedelta(seconds=61)


@dataclass
class Counts:
    """Counts what the auditor tells its observer."""

    alarms: list[str] = field(default_factory=list)
    overdue: int = -1
    pages: Mapping[str, int] = field(default_factory=dict)

    def alarmed(self, kind: str) -> None:
        self.alarms.append(kind)

    def audited(self, *, overdue: int, pages: Mapping[str, int], at: datetime) -> None:
        self.overdue, self.pages = overdue, pages


@dataclass
class Control:
    """An operator's phone, and the auditor that alarms it."""

    world: World
    counts: Counts = field(default_factory=Counts)
    heard: list[Mapping[str, Any]] = field(default_factory=list)
    is_away: bool = False

    def __post_init__(self) -> None:
        self.auditor = Auditor(self._read, self.world.clock, "w1", self.counts, self._hear)

    async def _hear(self, alarm: Mapping[str, Any]) -> None:
        self.heard.append(alarm)

    async def _read(self, work: Callable[[Transaction], Audit]) -> Audit:
        if self.is_away:
            raise StoreUnavailable("gone")
        return self.world.store.read(work)

    def look(self, *, after: timedelta = timedelta(0), trouble: str | None = None) -> list[str]:
        """Let time pass without a pager, then look. Return the tickets that the auditor names as overdue."""
        self.world.clock.moment += after
        asyncio.run(self.auditor.audit_once(trouble))
        return self.auditor.problems

    def alarms(self) -> list[str]:
        return [alarm["alarm"] for alarm in self.heard]


def deliver(world: World, status: AttemptStatus = AttemptStatus.DELIVERED) -> None:
    """The provider reports every page as delivered."""
    for page in world.attempts():
        receipt = Receipt(str(page.provider_id), status)
        asyncio.run(world.engine().receive(receipt))


def paged(world: World) -> World:
    """T-1 has paged ana, and her phone rang."""
    world.post()
    world.run()
    world.expect_page("ana")
    deliver(world)
    return world


def test_a_page_that_has_arrived_is_not_overdue(world: World) -> None:
    control = Control(paged(world))
    assert control.look(after=LATE) == control.look(after=timedelta(minutes=2)) == []
    assert (control.counts.overdue, control.counts.pages) == (0, {"delivered": 1})
    assert control.heard == []


def test_a_page_that_its_provider_took_and_never_delivers_is_overdue_a_minute_after_it_should_have_arrived(
    world: World,
) -> None:
    world.post()
    world.run()
    world.expect_page("ana")
    control = Control(world)
    assert control.look(after=timedelta(seconds=119)) == []
    assert control.look(after=timedelta(seconds=1)) == []
    assert control.look(after=timedelta(seconds=5)) == [
        "overdue: T-1: a provider accepted a page 125 s ago and has not delivered it"
    ]
    assert control.heard[0]["overdue"] == [{"ticket": "T-1", "kind": "arrival", "late_seconds": 125}]
    deliver(world)
    assert control.look(after=timedelta(seconds=5)) == []
    assert control.alarms() == ["audit_overdue", "audit_clear"]


def test_somebody_who_has_the_ticket_ends_the_wait_for_a_page_and_so_does_a_later_page_that_arrives(
    world: World,
) -> None:
    world.post()
    world.advance(timedelta(minutes=10))
    world.expect_pages("ana", "ana", "ben")
    control = Control(world)
    control.look(after=timedelta(minutes=3))
    assert control.look(after=timedelta(seconds=5)) != []
    assert world.attempts()[2].to == "ben"
    receipt = Receipt(str(world.attempts()[2].provider_id), AttemptStatus.DELIVERED)
    asyncio.run(world.engine().receive(receipt))
    assert control.look() == []
    world.act(EventKind.ACKNOWLEDGED, "ana")
    world.expect_page("ben", containing="is taken by Ana")
    assert control.look(after=timedelta(minutes=3)) == []


def test_a_page_from_before_somebody_had_the_ticket_is_not_waited_for_when_it_is_open_again(world: World) -> None:
    world.post()
    world.run()
    world.expect_page("ana")
    world.act(EventKind.RESOLVED, "ana")
    world.clock.moment += timedelta(hours=1)
    world.act(EventKind.REOPENED, "mei")
    world.expect_page("ana")
    control = Control(world)
    control.look(after=LATE)
    assert control.look(after=timedelta(seconds=5)) == []


def test_a_carrier_that_never_reports_arrivals_raises_no_alarm_by_what_it_took(world: World) -> None:
    world.post()
    world.run()
    world.expect_page("ana")
    deliver(world, AttemptStatus.SENT)
    control = Control(world)
    control.look(after=timedelta(minutes=3))
    assert control.look(after=timedelta(seconds=5)) == []


def test_a_carrier_that_reported_arrivals_before_is_waited_for(world: World) -> None:
    each_alone(world)
    paged(world)
    world.act(EventKind.RESOLVED, "ana")
    world.post("T-2")
    world.run()
    world.expect_page("ana")
    receipt = Receipt(str(world.attempts("T-2")[0].provider_id), AttemptStatus.SENT)
    asyncio.run(world.engine().receive(receipt))
    control = Control(world)
    control.look(after=timedelta(minutes=3))
    assert control.look(after=timedelta(seconds=5)) == [
        "overdue: T-2: a provider accepted a page 185 s ago and has not delivered it"
    ]


def test_a_bundle_that_does_not_arrive_is_overdue_for_every_ticket_in_it(world: World) -> None:
    for name in ("T-1", "T-2", "T-3"):
        world.post(name, impact="high", plan="business-critical")
    world.run()
    world.expect_page("ana", containing="And 2 more")
    control = Control(world)
    control.look(after=timedelta(seconds=121))
    assert sorted(line.split()[1] for line in control.look(after=timedelta(seconds=5))) == ["T-1:", "T-2:", "T-3:"]


def test_a_chase_that_nobody_fired_for_a_ticket_that_somebody_has_is_overdue(world: World) -> None:
    paged(world)
    world.act(EventKind.ACKNOWLEDGED, "ana")
    stored = world.ticket()
    assert stored.due_at is not None
    warned_at = stored.due_at
    world.store.write(lambda tx: tx.update_ticket(replace(stored, due_at=None)))
    control = Control(world)
    assert control.look(after=warned_at - world.clock.moment + timedelta(seconds=60)) == []
    control.look(after=timedelta(seconds=1))
    assert control.look(after=timedelta(seconds=5)) == [
        "overdue: T-1: an SLA alert has been due for 66 s and was not written"
    ]


def test_a_warning_that_no_provider_takes_is_overdue(world: World) -> None:
    paged(world)
    world.act(EventKind.ACKNOWLEDGED, "ana")
    due_at = world.ticket().due_at
    assert due_at is not None
    world.phones.fail(Temporary("no network"), times=50)
    world.clock.moment = due_at
    world.run()
    control = Control(world)
    control.look(after=timedelta(seconds=60))
    assert control.look(after=timedelta(seconds=5)) == [
        "overdue: T-1: an SLA alert was written 65 s ago and no provider has accepted it"
    ]


def test_a_step_that_nobody_fired_is_overdue_after_a_minute_and_two_looks(world: World) -> None:
    paged(world)
    control = Control(world)
    assert control.look(after=timedelta(minutes=6, seconds=1)) == []
    assert control.auditor.is_suspicious
    assert control.look(after=timedelta(seconds=5)) == [
        "overdue: T-1: its next step has been due for 66 s and did not fire"
    ]
    assert not control.auditor.is_suspicious
    assert control.heard == [
        {
            "alarm": "audit_overdue",
            "worker": "w1",
            "text": "overdue: T-1: its next step has been due for 66 s and did not fire",
            "count": 1,
            "overdue": [{"ticket": "T-1", "kind": "step", "late_seconds": 66}],
        }
    ]
    assert (control.counts.alarms, control.counts.overdue) == (["audit"], 1)


def test_an_alarm_that_lasts_is_raised_again_every_five_minutes_and_ended_once(world: World) -> None:
    paged(world)
    control = Control(world)
    control.look(after=timedelta(minutes=6))
    for _ in range(4 * 6):
        control.look(after=timedelta(seconds=15))
    assert control.alarms() == ["audit_overdue", "audit_overdue"]
    world.run()
    world.expect_page("ana")
    assert control.look(after=timedelta(seconds=15)) == []
    control.look(after=timedelta(seconds=15))
    assert control.alarms() == ["audit_overdue", "audit_overdue", "audit_clear"]


def test_a_page_that_no_provider_takes_is_overdue_although_it_is_written(world: World) -> None:
    world.phones.fail(Temporary("no network"), times=50)
    world.post()
    world.run()
    control = Control(world)
    control.look(after=timedelta(seconds=60))
    assert control.look(after=timedelta(seconds=5)) == [
        "overdue: T-1: a page was written 65 s ago and no provider has accepted it"
    ]
    assert control.counts.pages == {"retrying": 1}


def test_a_page_of_a_ticket_that_somebody_has_calls_nobody(world: World) -> None:
    world.phones.fail(Temporary("no network"), times=50)
    world.post()
    world.run()
    world.act(EventKind.ACKNOWLEDGED, "ana")
    control = Control(world)
    control.look(after=LATE)
    assert control.look(after=LATE) == []


def test_a_row_that_says_nothing_is_owed_does_not_deceive_the_auditor(world: World) -> None:
    paged(world)
    stored = world.ticket()
    world.store.write(lambda tx: tx.update_ticket(replace(stored, due_at=None)))
    world.advance(timedelta(minutes=10))
    (late,) = world.store.read(lambda tx: audit(tx, now=world.clock.now(), real_now=world.clock.real_now())).overdue
    assert (late.ticket, late.kind, late.late) == ("T-1", Kind.STEP, timedelta(minutes=5))


def test_a_page_that_the_log_has_and_the_store_has_not_is_lost(world: World) -> None:
    world.post()
    world.run()
    world.expect_page("ana")
    (fired,) = world.logged(StepFired)
    gone = replace(fired, attempt="gone")
    world.store.write(lambda tx: tx.append([gone]))
    now = world.clock.now()
    (late,) = world.store.read(lambda tx: audit(tx, now=now, real_now=now)).overdue
    assert str(late) == "T-1: the log has a page of 0 s ago that is not stored"


@pytest.mark.slow
def test_every_open_ticket_gets_its_turn_however_many_there_are(world: World) -> None:
    for number in range(450):
        world.post(f"T-{number}", impact="low")
    now = world.clock.now()
    first = world.store.read(lambda tx: audit(tx, now=now, real_now=now))
    second = world.store.read(lambda tx: audit(tx, now=now, real_now=now, after=first.last))
    assert (max(first.tickets, second.tickets), second.last) == (400, None)


def test_an_auditor_that_sees_nothing_says_so_after_a_minute(world: World) -> None:
    control = Control(world, is_away=True)
    control.look(after=timedelta(seconds=30))
    assert control.heard == []
    control.look(after=timedelta(seconds=31))
    control.look(after=timedelta(seconds=15))
    assert control.heard == [
        {
            "alarm": "audit_blind",
            "worker": "w1",
            "text": "the database could not be read for 61 s: nobody can be paged",
        }
    ]


def test_what_the_provider_refuses_us_for_is_raised_once(world: World) -> None:
    control = Control(world)
    for _ in range(3):
        control.look(trouble="the credentials are wrong")
    control.look()
    control.look(trouble="the credentials are wrong")
    assert control.alarms() == ["operator_alarm", "operator_alarm"]
    assert control.heard[0]["text"] == "the credentials are wrong"
