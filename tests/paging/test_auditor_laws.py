"""The auditor is silent while pager and provider work, and raises an alarm soon after either stops."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doubles.clock import FakeClock
from oncall.errors import Refused, Temporary
from oncall.paging.actions.record_action import record
from oncall.paging.actions.ticket_action import TicketAction
from oncall.paging.domain.events import EventKind
from oncall.paging.domain.ticket import Attempt, AttemptStatus, Purpose, TicketStatus
from oncall.paging.watch.audit import ARRIVES_WITHIN, GRACE
from oncall.paging.watch.auditor import RECHECK_AFTER
from tests.paging.test_auditor import Control, deliver
from tests.paging.world import MONDAY_MORNING, SATURDAY_NIGHT, World, at

LOOK_EVERY = timedelta(seconds=15)
SOON = GRACE + RECHECK_AFTER + 2 * LOOK_EVERY
"""Within so long after something was due and did not happen, it is named."""
CALM = GRACE + 2 * LOOK_EVERY
"""So long after everything is well again nothing is named: a retry backs off for a minute at most."""
LAST_QUESTION = timedelta(hours=2)
"""So long after carriers deliver again a provider may be asked only then about what they took before."""
TAKEN = (AttemptStatus.ACCEPTED, AttemptStatus.SENT, AttemptStatus.DELIVERED)

DEEDS = {
    "acknowledge": EventKind.ACKNOWLEDGED,
    "pass": EventKind.PASSED,
    "reply": EventKind.REPLIED,
    "resolve": EventKind.RESOLVED,
}
POSTS = {f"post {impact}": impact for impact in ("urgent", "high", "normal", "low")}
FAULTS = (
    "pager stops",
    "pager starts",
    "provider goes",
    "provider comes back",
    "carriers stop delivering",
    "carriers deliver",
)
occurrences = st.lists(st.tuples(st.sampled_from([*POSTS, *DEEDS, *FAULTS]), st.integers(1, 9)), min_size=2, max_size=8)
starts = st.sampled_from([SATURDAY_NIGHT, MONDAY_MORNING, at("2027-01-08 18:50"), at("2027-01-11 07:50")])


@dataclass
class House:
    """A pager that may be stopped, a provider that may be away, and an auditor that looks every 15 seconds."""

    world: World
    is_up: bool = True
    posted: int = 0
    has_acted: bool = False
    well_since: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.control = Control(self.world)
        self.well_since = self.world.clock.moment
        self.world.phones.delivers = True
        self.delivers_since = self.world.clock.moment - LAST_QUESTION

    @property
    def is_reached(self) -> bool:
        return not self.world.phones.faults

    @property
    def is_calm(self) -> bool:
        now, phones = self.world.clock.moment, self.world.phones
        is_delivered = phones.delivers and now - self.delivers_since >= LAST_QUESTION
        return self.is_up and self.is_reached and is_delivered and now - self.well_since > CALM

    def happen(self, what: str) -> None:
        was_well = self.is_up and self.is_reached
        if what in POSTS:
            self.posted += 1
            self.world.post(f"T-{self.posted}", impact=POSTS[what])
        elif what in DEEDS and self.posted:
            self.has_acted = True
            self._do(DEEDS[what])
        elif what.startswith("pager"):
            self.is_up = what == "pager starts"
        elif what.startswith("carriers"):
            self.delivers_since = self.world.clock.moment
            self.world.phones.delivers = what == "carriers deliver"
        elif what.startswith("provider"):
            self.world.phones.faults.clear()
            if what == "provider goes":
                self.world.phones.fail(Temporary("no network"), times=10_000)
        if not was_well:
            self.well_since = self.world.clock.moment

    def _do(self, kind: EventKind) -> None:
        context = replace(self.world.engine().context("ana"), lease_until=None)
        with suppress(Refused):
            action = TicketAction(kind, "ana", context.now)
            self.world.store.write(lambda tx: record(tx, f"T-{self.posted}", action, context))

    def live(self, minutes: int) -> None:
        for _ in range(minutes * 4):
            self.world.clock.moment += LOOK_EVERY
            if self.is_up and self._is_anything_due():
                self.world.run()
            named = self.control.look()
            if self.is_calm:
                assert named == []
            for ticket, why in self._surely_late():
                assert any(f"overdue: {ticket}: {why}" in words for words in named), (ticket, why, named)

    def _is_anything_due(self) -> bool:
        times = self.world.store.read(lambda tx: (tx.next_due_at(), tx.next_attempt_at()))
        return any(due is not None and due <= self.world.clock.moment for due in times)

    def _surely_late(self) -> list[tuple[str, str]]:
        """Return a ticket that is certainly late, found in the pager's rows, which the auditor does not read."""
        late = []
        for number in range(1, self.posted + 1):
            ticket = self.world.ticket(f"T-{number}")
            if ticket.status is not TicketStatus.OPEN:
                continue
            attempts = [one for one in self.world.attempts(ticket.ticket.id) if one.purpose is Purpose.PAGE]
            if any(self._never_arrives(one, attempts) for one in attempts):
                late.append((ticket.ticket.id, "a provider accepted a page"))
            if any(self._waits_in_vain(one, attempts) for one in attempts):
                late.append((ticket.ticket.id, "a page was written"))
        return late[:1]

    def _never_arrives(self, page: Attempt, attempts: list[Attempt]) -> bool:
        """Return True if a carrier is long overdue with a page of a ticket that never had an owner."""
        is_old = self.world.clock.moment - (page.sent_at or page.at) > ARRIVES_WITHIN + SOON
        was_had = self.world.ticket(page.ticket).owner is not None or self.has_acted
        is_told = any(one.status is AttemptStatus.DELIVERED and one.at >= page.at for one in attempts)
        return page.status is AttemptStatus.ACCEPTED and is_old and not was_had and not is_told

    def _waits_in_vain(self, page: Attempt, attempts: list[Attempt]) -> bool:
        has_waited = self.world.clock.moment - max(page.written_at, self.well_since) > SOON
        is_waiting = page.status in (AttemptStatus.QUEUED, AttemptStatus.RETRYING, AttemptStatus.UNKNOWN)
        return is_waiting and has_waited and not any(one.written_at > page.written_at for one in attempts)


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(start=starts, story=occurrences)
def test_no_alarm_while_all_is_well_and_one_for_every_page_that_waits_in_vain(
    start: datetime, story: list[tuple[str, int]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder), now=start)
        world.publish()
        house = House(world)
        try:
            for what, minutes in story:
                house.happen(what)
                house.live(minutes)
        finally:
            world.store.close()


@pytest.mark.slow
@pytest.mark.parametrize("minutes_before", [1, 4, 9, 25])
def test_a_pager_that_stops_is_told_of_within_two_minutes_of_the_next_step(world: World, minutes_before: int) -> None:
    house = House(world)
    house.happen("post urgent")
    house.live(minutes_before)
    deliver(world)
    due_at = world.ticket("T-1").due_at
    assert due_at is not None
    house.happen("pager stops")
    while world.clock.moment < due_at + SOON:
        house.live(1)
    assert house.control.alarms() == ["audit_overdue"]
    world.expect_pages(*[message.to for message in world.phones.sent])


@dataclass
class FastClock(FakeClock):
    """A rehearsal: policy time passes a thousand times as fast as real time."""

    real: datetime = SATURDAY_NIGHT

    def live(self, real_span: timedelta) -> None:
        self.moment += real_span * 1000
        self.real += real_span

    def real_now(self) -> datetime:
        return self.real

    def real_seconds_until(self, at: datetime) -> float:
        return super().real_seconds_until(at) / 1000


@pytest.mark.slow
def test_a_rehearsal_at_a_thousand_times_the_pace_is_no_reason_for_an_alarm(world: World) -> None:
    world.clock = clock = FastClock(SATURDAY_NIGHT)
    world.phones.delivers = True
    control = Control(world)
    world.post()
    for _ in range(120):
        clock.live(timedelta(seconds=1))
        named = control.look()
        world.run()
        assert named == []
    world.expect_pages(*[message.to for message in world.phones.sent])
