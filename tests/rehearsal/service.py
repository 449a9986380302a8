"""The real pager on a real database, under a clock that jumps from one event to the next."""

from __future__ import annotations

import asyncio
import heapq
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from operator import methodcaller

from doubles.clock import FakeClock
from oncall.paging.actions.intake import accept
from oncall.paging.actions.record_action import record
from oncall.paging.actions.ticket_action import TicketAction
from oncall.paging.domain.events import EventKind
from oncall.paging.domain.people import DESK
from oncall.paging.domain.ticket import SENDABLE, Attempt, AttemptStatus, Purpose, TicketStatus
from oncall.paging.outgoing.handoffs import next_handoff
from oncall.paging.ports.records import NewVersion
from oncall.paging.sending.engine import Engine
from oncall.rehearsal.arrivals import Arrival
from oncall.rosters.roster import Roster
from oncall.schedule.plan import Plan
from oncall.schedule.schedule import Schedule
from oncall.schedule.version_document import publication_document
from oncall.store.database import open_store
from oncall.store.sql_store import SqlStore
from oncall.support.coverage import deadline
from oncall.support.policy import Counting, Coverage, Target
from oncall.support.policy_file import packaged_policy_text
from tests.paging.mortals import FakePhones

Sent = tuple[datetime, str, str]
"""When, to whom, of which ticket."""

_SECOND = timedelta(seconds=1)


def really_sent(
    arrivals: Sequence[Arrival], team: Roster, schedule: Schedule, until: datetime, *, answers_after: timedelta | None
) -> list[Sent]:
    """Return what the service sends to phones. answers_after: how soon people answer each message; None: never."""
    plan = Plan(team.team, team.zone, schedule.publications[0].seats)
    sources = {"roster": "", "policy": packaged_policy_text(), "policy_source": "p", "policy_zone": team.zone.key}
    version = NewVersion(arrivals[0].at, "publish", "mei", "", publication_document(plan, team), sources)
    with tempfile.TemporaryDirectory() as folder, open_store(f"sqlite:///{folder}/real.db") as store:
        store.write(lambda tx: tx.add_version(version))
        return _Service(store, schedule, answers_after).run(arrivals, until)


class _Service:
    def __init__(self, store: SqlStore, schedule: Schedule, answers_after: timedelta | None) -> None:
        self._store, self._schedule, self._answers_after = store, schedule, answers_after
        self._clock, self._phones = FakeClock(schedule.publications[0].at), FakePhones()
        self._acts: list[tuple[datetime, int, Callable[[], None]]] = []
        self._order = count()
        self._tickets: list[str] = []
        self._seen: set[str] = set()
        self._sent: list[Sent] = []
        self._begun: set[str] = set()

    def run(self, arrivals: Sequence[Arrival], until: datetime) -> list[Sent]:
        for arrival in arrivals:
            self._at(arrival.at, partial(self._post, arrival))
        while (now := self._next()) is not None and now <= until:
            self._clock.moment = now
            while self._acts and self._acts[0][0] <= now:
                heapq.heappop(self._acts)[2]()
            asyncio.run(self._engine_runs())
            self._look()
        return self._sent

    def _at(self, at: datetime, act: Callable[[], None]) -> None:
        heapq.heappush(self._acts, (at, next(self._order), act))

    def _next(self) -> datetime | None:
        due_at = self._store.read(lambda tx: tx.next_due_at())
        handoff = next_handoff(self._schedule, self._clock.now())
        turn_at = self._store.read(lambda tx: tx.next_attempt_at())
        instants = [at for at in (due_at, turn_at, handoff, self._acts[0][0] if self._acts else None) if at is not None]
        return min(instants, default=None)

    def _engine(self) -> Engine:
        return Engine(store=self._store, channels={"sms": self._phones}, clock=self._clock, worker="test")

    async def _engine_runs(self) -> None:
        engine = self._engine()
        await engine.run_once()
        await engine.settle()

    def _post(self, arrival: Arrival) -> None:
        context = replace(self._engine().context("intake"), lease_until=None)
        self._store.write(lambda tx: accept(tx, arrival.ticket, context))
        self._tickets.append(arrival.ticket.id)

    def _look(self) -> None:
        """Read every new message, and let people answer it in their time."""
        for name in self._tickets:
            for attempt in self._store.read(methodcaller("attempts", name)):
                if attempt.id not in self._seen and attempt.status not in (*SENDABLE, AttemptStatus.FAILED):
                    self._seen.add(attempt.id)
                    self._notice(attempt)

    def _notice(self, attempt: Attempt) -> None:
        now = self._clock.now()
        if attempt.to != DESK and not attempt.is_member:
            self._sent.append((now, attempt.to, attempt.ticket))
        stored = self._store.read(lambda tx: tx.ticket(attempt.ticket))
        assert stored is not None
        is_waiting = stored.status is TicketStatus.OPEN
        log = self._store.read(lambda tx: tx.events(attempt.ticket))
        warned = any(event.kind is EventKind.WARNED and event.at == now for event in log)
        is_reminder = stored.owner == attempt.to and warned
        if self._answers_after is None or (attempt.purpose is not Purpose.PAGE and not is_reminder):
            return
        at = now + self._answers_after
        if attempt.to == DESK:
            worked = Target(self._answers_after + _SECOND, Counting.COVERAGE)
            at = deadline(worked, Coverage.BUSINESS, self._schedule.calendar, now) - _SECOND
        kind = EventKind.ACKNOWLEDGED if is_waiting else EventKind.REPLIED
        self._at(at, partial(self._answer, attempt, kind))

    def _answer(self, attempt: Attempt, kind: EventKind) -> None:
        stored = self._store.read(lambda tx: tx.ticket(attempt.ticket))
        assert stored is not None
        wanted = TicketStatus.OPEN if kind is EventKind.ACKNOWLEDGED else TicketStatus.ACKNOWLEDGED
        if stored.status is wanted:
            context = replace(self._engine().context(attempt.to), lease_until=None)
            action = TicketAction(kind, attempt.to, self._clock.now())
            self._store.write(lambda tx: record(tx, attempt.ticket, action, context))
            if kind is EventKind.ACKNOWLEDGED and attempt.ticket in self._begun:
                # It was taken before and let lie: whoever takes it now writes to the customer first of all.
                reply = replace(action, kind=EventKind.REPLIED)
                self._store.write(lambda tx: record(tx, attempt.ticket, reply, context))
            self._begun.add(attempt.ticket)
