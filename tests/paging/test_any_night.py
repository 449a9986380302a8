"""People, carriers, the provider and the machine act in random order; the pager loses and doubles no page."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from oncall.errors import Ambiguous, OncallError, Permanent, Temporary
from oncall.paging.domain.events import EventKind
from oncall.paging.domain.state import fold
from oncall.paging.domain.ticket import Attempt, AttemptStatus, Purpose, StoredTicket, TicketStatus
from oncall.paging.outgoing.opt_out import unreachable_by_text
from oncall.paging.ports.channel import DeliveryFailure, Message, Receipt
from oncall.paging.ports.store import Transaction
from oncall.paging.watch.audit import Kind, audit
from tests.paging.mortals import FakePhones, Fate, Killed
from tests.paging.world import MONDAY_MORNING, SATURDAY_NIGHT, World, at

MINUTE = timedelta(minutes=1)
PEOPLE = ("ana", "ben", "mei", "grace")
IMPACTS = ("urgent", "high", "urgent", "high", "normal", "low")
PLANS = ("standard", "business-critical")
KINDS = (
    EventKind.REPLIED,
    EventKind.RESOLVED,
    EventKind.REOPENED,
    EventKind.CUSTOMER_REPLIED,
    EventKind.IMPACT_CHANGED,
    EventKind.MERGED,
    EventKind.PASSED,
)
FAULTS = (
    Temporary("no route"),
    Ambiguous("HTTP 500"),
    Permanent("no such number", code=21211),
    Permanent("a landline", code=21614, may_call=True),
    Permanent("has sent STOP", code=21610, may_call=True, has_stopped=True),
    Permanent("revoked", code=20003, is_ours=True),
)
REPORTS = (
    (AttemptStatus.DELIVERED, None),
    (AttemptStatus.UNDELIVERED, DeliveryFailure("out of reach", may_pass=True)),
    (AttemptStatus.UNDELIVERED, DeliveryFailure("a landline", may_call=True)),
    (AttemptStatus.FAILED, DeliveryFailure("unknown number")),
)
SPANS = (timedelta(seconds=1), timedelta(seconds=20), MINUTE, 6 * MINUTE, 35 * MINUTE)
OUR_FAULTS = ("pass_failed", "claim_failed", "channel_failed")


@dataclass
class Watched(FakePhones):
    """A provider that checks in the store, at each message, that this message may go out now."""

    look: Callable[[Message, list[Message]], None] = field(default=lambda message, before: None)

    async def send(self, message: Message) -> Receipt:
        takes_it = not self.faults or self.faults[0][1]
        if takes_it:
            self.look(message, self.sent)
        return await super().send(message)


@dataclass
class Night:
    """A pager and its possible incidents: each is a method, chosen by a number."""

    world: World
    posted: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.world.phones = self.phones = Watched(look=self.look)

    def look(self, message: Message, before: list[Message]) -> None:
        if any(one.delivery_id == message.delivery_id for one in before):
            self.wrong.append(f"sent twice: {message.body}")
        tries, tickets, deaf = self.world.store.read(lambda tx: self._in(tx, message))
        if not tries or tries[0].purpose is not Purpose.PAGE:
            return
        self.wrong += [
            f"page for a closed ticket: {message.body}" for one in tickets if one.status != TicketStatus.OPEN
        ]
        self.wrong += [f"text to somebody deaf: {message.body}"] * (message.to in deaf)

    def _in(self, tx: Transaction, message: Message) -> tuple[list[Attempt], list[StoredTicket], set[str]]:
        leading = tx.attempt(message.delivery_id)
        alone = [leading] if leading is not None else []
        tries = tx.bundle(leading.bundle) if leading is not None and leading.bundle is not None else alone
        tickets = [tx.ticket(one.ticket) for one in tries]
        return tries, [stored for stored in tickets if stored is not None], set(unreachable_by_text(tx))

    def post(self, number: int) -> None:
        self.posted.append(f"T-{len(self.posted)}")
        self.world.post(self.posted[-1], impact=IMPACTS[number % 6], plan=PLANS[number // 6 % 2])
        if number % 3:
            self.world.run()

    def sms(self, number: int) -> None:
        verb, who = ("ACK", "PASS", "DONE", "ACK", "STOP", "START")[number % 6], PEOPLE[number // 6 % 4]
        has_code = self.posted and verb not in ("STOP", "START") and number % 5
        self.world.sms(who, f"{verb} {self.world.code(self.ticket(number))}" if has_code else verb)

    def api(self, number: int) -> None:
        if not self.posted:
            return
        kind = KINDS[number % len(KINDS)]
        more = {EventKind.IMPACT_CHANGED: {"impact": IMPACTS[number % 6]}, EventKind.MERGED: {"into": "T-0"}}
        with suppress(OncallError):
            self.world.act(kind, PEOPLE[number % 4], self.ticket(number), **more.get(kind, {}))

    def report(self, number: int) -> None:
        tries = [one for name in self.posted for one in self.world.attempts(name) if one.provider_id is not None]
        if tries:
            status, failure = REPORTS[number % len(REPORTS)]
            receipt = Receipt(str(tries[number % len(tries)].provider_id), status, None, failure)
            asyncio.run(self.world.engine().receive(receipt))
            self.world.run()

    def fault(self, number: int) -> None:
        error = FAULTS[number % len(FAULTS)]
        takes_it = isinstance(error, Ambiguous) and number % 2 == 1
        self.phones.fail(error, after_taking_it=takes_it, times=1 + number % 3)

    def crash(self, number: int) -> None:
        self.world.fate = Fate(number % 12)
        with suppress(Killed):
            self.world.advance(SPANS[number % 4])
        self.world.fate = None
        self.world.restart()

    def time(self, number: int) -> None:
        self.world.advance(SPANS[number % 5])

    def jump(self, number: int) -> None:
        self.world.clock.moment += timedelta(hours=1) if number % 2 else 10 * MINUTE
        self.world.run()

    def publish(self, number: int) -> None:
        others: tuple[dict[str, str], ...] = ({"primary": "grace", "secondary": "ana"}, {"primary": "ben"}, {})
        self.world.publish(others[number % 3])

    def ticket(self, number: int) -> str:
        return self.posted[number % len(self.posted)]

    def end(self) -> None:
        """End all faults. Every open page is repeated within a round, and the auditor finds nothing overdue."""
        world = self.world
        self.phones.faults.clear()
        for person in PEOPLE:
            world.sms(person, "START")
        world.publish()
        world.advance(3 * MINUTE)
        before = len(self.phones.sent)
        world.advance(46 * MINUTE)
        lately = " ".join(message.body for message in self.phones.sent[before:])
        for name in self.posted:
            row, state = world.ticket(name), fold(world.ticket(name).ticket, world.events(name))
            assert (row.status, row.owner, row.impact) == (state.status, state.owner, state.impact)
            if state.escalates and state.action == "page":
                assert row.code in lately, f"nobody is paged for {name} any more"
        now = world.clock.moment
        overdue = world.store.read(lambda tx: audit(tx, now=now, real_now=now)).overdue
        assert [str(late) for late in overdue if late.kind is not Kind.ARRIVAL] == []


happenings = st.lists(
    st.tuples(
        st.sampled_from(["post", "post", "sms", "sms", "api", "report", "fault", "crash", "time", "jump", "publish"]),
        st.integers(0, 1000),
    ),
    min_size=3,
    max_size=14,
)
starts = st.sampled_from([SATURDAY_NIGHT, MONDAY_MORNING, at("2027-01-08 18:50"), at("2027-03-14 01:40")])


@pytest.mark.slow
@settings(max_examples=25)
@given(start=starts, happenings=happenings)
def test_nothing_is_lost_doubled_or_sent_to_whom_it_must_not_be(
    start: datetime, happenings: list[tuple[str, int]]
) -> None:
    with tempfile.TemporaryDirectory() as folder, capture_logs() as log:
        world = World(Path(folder), now=start)
        world.publish()
        night = Night(world)
        try:
            for what, number in happenings:
                getattr(night, what)(number)
            night.end()
        finally:
            world.store.close()
    assert night.wrong == []
    assert [event for event in log if event["action"] in OUR_FAULTS] == []
