"""Plays months of tickets in seconds: the pager's own code on a simulated clock, with simulated people.

This module only advances the time and lets people act. `accept`, `record` and `advance_ticket` decide whom to page,
when, and what is due, as in the service.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from random import Random

from oncall.errors import Refused
from oncall.paging.actions.intake import accept
from oncall.paging.actions.record_action import record
from oncall.paging.actions.ticket_action import TicketAction
from oncall.paging.domain.decide import PAGER
from oncall.paging.domain.events import EventKind
from oncall.paging.domain.pager_events import Warned
from oncall.paging.domain.people import DESK
from oncall.paging.domain.ticket import Attempt, AttemptStatus, Purpose, StoredTicket, TicketStatus
from oncall.paging.outgoing.advance import advance_ticket
from oncall.paging.outgoing.bundles import members
from oncall.paging.outgoing.handoff_notices import hand_over, leaving
from oncall.paging.outgoing.handoffs import next_handoff
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.paging.sending.attempt_lifecycle import claim
from oncall.paging.sending.send_work import SendWork
from oncall.rehearsal.arrivals import Arrival
from oncall.rehearsal.memory_store import MemoryStore
from oncall.rehearsal.responders import Delay, People, Working, dice
from oncall.schedule.schedule import Schedule
from oncall.support.changed_row import changed
from oncall.support.coverage import deadline, next_covered
from oncall.support.policy import Counting, Coverage, Policy, Target
from oncall.support.windows import WindowKind

INTAKE = "intake"
CUSTOMER = "customer"
_LEASE = timedelta(seconds=30)
_MOST_DUE = 1000
_PROGRESS_EVERY = 500
"""How many simulated instants pass between two reports of progress."""

Act = Callable[[datetime], None]


@dataclass(frozen=True, slots=True)
class Played:
    """The result of a rehearsal: every ticket with its log, every sent message, and when the rehearsal ended.

    messages: pages and notices to engineers, the manager and the desk, ordered by `at`, the time of sending. Members of
    a bundle (`Attempt.is_member`) follow the attempt that leads it. until: aware UTC.
    """

    store: MemoryStore
    messages: tuple[Attempt, ...]
    until: datetime


def play(
    arrivals: Sequence[Arrival],
    schedule: Schedule,
    policy: Policy,
    people: People,
    *,
    until: datetime,
    seed: int = 0,
    on_progress: Callable[[datetime], None] | None = None,
) -> Played:
    """Play every ticket from its arrival until `until` (aware UTC). The same arguments give the same messages.

    on_progress: called with the simulated time. Raises Refused for a ticket that the policy cannot judge.
    """
    return _Play(MemoryStore(schedule, policy), people, until, seed).run(arrivals, on_progress)


@dataclass(frozen=True, slots=True)
class _FixedClock:
    """A clock that stands still at one instant, which is both policy time and real time."""

    at: datetime

    def now(self) -> datetime:
        return self.at

    def real_now(self) -> datetime:
        return self.at

    def real_seconds_until(self, at: datetime) -> float:
        return max((at - self.at).total_seconds(), 0.0)


class _Play:
    """A rehearsal that is being played. A heap has the coming acts of people; the store has what the pager must do."""

    def __init__(self, store: MemoryStore, people: People, until: datetime, seed: int) -> None:
        self._store, self._people, self._until, self._seed = store, people, until, seed
        self._schedule, self._policy = store.schedule(), store.policy()
        self._acts: list[tuple[datetime, int, Act]] = []
        self._order = count()
        self._messages: list[Attempt] = []
        self._lives: Counter[str] = Counter()
        self._begun: set[tuple[str, int]] = set()
        self._handoff_at = until
        self._asked: Counter[tuple[object, ...]] = Counter()

    def run(self, arrivals: Sequence[Arrival], on_progress: Callable[[datetime], None] | None) -> Played:
        for arrival in arrivals:
            self._at(arrival.at, partial(self._arrive, arrival))
        if arrivals:
            self._handoff_at = next_handoff(self._schedule, min(arrival.at for arrival in arrivals))
        for number in count():
            now = self._next_instant()
            if now > self._until:
                break
            self._instant(now)
            if on_progress is not None and number % _PROGRESS_EVERY == 0:
                on_progress(now)
        return Played(self._store, tuple(self._messages), self._until)

    # Time.

    def _at(self, at: datetime, act: Act) -> None:
        heapq.heappush(self._acts, (at, next(self._order), act))

    def _next_instant(self) -> datetime:
        due_at = self._store.next_due_at()
        attempt_at = self._store.next_attempt_at()
        instants = [self._handoff_at, *(at for at in (due_at, attempt_at) if at is not None)]
        return min([*instants, self._acts[0][0]] if self._acts else instants)

    def _instant(self, now: datetime) -> None:
        """Let tickets arrive and people act at this instant, and then do what the pager must do."""
        while self._acts and self._acts[0][0] <= now:
            heapq.heappop(self._acts)[2](now)
        for ticket_id in self._store.due_tickets(now, _MOST_DUE):
            self._sent(advance_ticket(self._store, ticket_id, self._context(PAGER, now)), now)
        if now >= self._handoff_at:
            found = leaving(self._store, now)
            self._sent(hand_over(self._store, self._context(PAGER, now), found), now)
            self._handoff_at = next_handoff(self._schedule, now)
        attempt_at = self._store.next_attempt_at()
        if attempt_at is not None and attempt_at <= now:
            self._sent(claim(SendWork(self._store, self._context(PAGER, now), _FixedClock(now)), _MOST_DUE), now)

    @staticmethod
    def _context(by: str, now: datetime) -> ActionContext:
        return ActionContext(by, now, now, now + _LEASE)

    # Tickets come in, and messages go out.

    def _arrive(self, arrival: Arrival, now: datetime) -> None:
        try:
            accepted = accept(self._store, arrival.ticket, self._context(INTAKE, now))
        except Refused as refusal:
            raise Refused(f"ticket {arrival.ticket.id} cannot be judged: {refusal}") from refusal
        self._sent(accepted.attempts, now)
        if self._pages(arrival.ticket.id):
            self._next_morning(arrival.ticket.id, now)

    def _sent(self, attempts: Sequence[Attempt], now: datetime) -> None:
        """Deliver each message that is not queued, and let its recipient notice or miss it. now: the simulated time."""
        for attempt in attempts:
            if attempt.status is AttemptStatus.QUEUED:
                continue
            together = [self._arrived(one) for one in members(self._store, attempt)]
            self._messages += [changed(one, at=now) for one in together]
            if attempt.purpose is Purpose.PAGE or self._is_reminder(attempt, now):
                self._notice_or_miss(together, now)

    def _arrived(self, attempt: Attempt) -> Attempt:
        if attempt.status is not AttemptStatus.SENDING:
            return attempt
        arrived = changed(attempt, status=AttemptStatus.ACCEPTED, lease_until=None, sends=1)
        self._store.update_attempt(arrived)
        return arrived

    def _is_reminder(self, attempt: Attempt, now: datetime) -> bool:
        """Return True if the attempt warns the ticket's owner that a reply or an update is nearly due."""
        if self._stored(attempt.ticket).owner != attempt.to:
            return False
        latest = self._store.events(attempt.ticket)[-4:]
        return any(isinstance(event, Warned) and event.at == now for event in latest)

    def _notice_or_miss(self, together: Sequence[Attempt], now: datetime) -> None:
        """Let a person or the desk notice a message, or miss it. A person notices all pages of a bundle, or none.

        together: the attempts that went as one message.
        """
        attempt = together[0]
        name = attempt.ticket
        chance = self._dice(name, "message", attempt.purpose.value, attempt.round, attempt.step)
        if attempt.to == DESK:
            habit = self._people.desk
            # A ticket that pages nobody stays in the desk's queue until a person takes it.
            is_missed = chance.random() < habit.missed and self._pages(name)
            at = self._in_business_hours(now, habit.within.drawn(chance))
        else:
            person = self._schedule.people[attempt.to]
            habit = self._people.answering(now, person.zone)
            is_missed = chance.random() < habit.missed
            at = now + habit.within.drawn(chance)
        for one in together if not is_missed else ():
            is_waiting = self._stored(one.ticket).status is TicketStatus.OPEN
            self._soon(one.ticket, at, partial(self._take if is_waiting else self._catch_up, one.ticket, one.to))

    # What people do.

    def _take(self, name: str, by: str, now: datetime) -> None:
        if self._stored(name).status is not TicketStatus.OPEN:
            return
        self._record(name, EventKind.ACKNOWLEDGED, by, now)
        life = (name, self._lives[name])
        if life in self._begun:
            # This is a chase: a reply or an update is nearly due, so the person writes it first.
            self._record(name, EventKind.REPLIED, by, now)
        else:
            self._begun.add(life)
            self._later(name, "first reply", self._working(name).first_reply, now, partial(self._first_reply, name, by))

    def _next_morning(self, name: str, now: datetime) -> None:
        """Let the desk look at this ticket when it next opens, if no person has taken the ticket by then."""
        calendar = self._schedule.calendar
        window = calendar.window_at(now)
        closes = window.end if window.kind is WindowKind.BUSINESS else now
        self._soon(name, next_covered(Coverage.BUSINESS, calendar, closes), partial(self._open_desk, name))

    def _open_desk(self, name: str, now: datetime) -> None:
        chance = self._dice(name, "morning")
        if self._stored(name).status is TicketStatus.OPEN and chance.random() >= self._people.desk.missed:
            within = self._people.desk.within.drawn(chance)
            self._soon(name, self._in_business_hours(now, within), partial(self._take, name, DESK))
        self._next_morning(name, now)

    def _catch_up(self, name: str, by: str, now: datetime) -> None:
        """Let the owner, who got a warning, reply to the customer at once."""
        if self._stored(name).status is TicketStatus.ACKNOWLEDGED:
            self._record(name, EventKind.REPLIED, by, now)

    def _first_reply(self, name: str, by: str, now: datetime) -> None:
        working = self._working(name)
        self._reply(name, by, now)
        self._later(name, "update", working.update, now, partial(self._update, name, by))
        self._later(name, "solved", working.solved, now, partial(self._solve, name, by))

    def _reply(self, name: str, by: str, now: datetime) -> None:
        self._record(name, EventKind.REPLIED, by, now)
        working = self._working(name)
        chance = self._dice(name, "customer")
        if chance.random() < working.chat:
            at = now + working.customer.drawn(chance)
            self._soon(name, at, partial(self._customer_replies, name, by))

    def _customer_replies(self, name: str, by: str, now: datetime) -> None:
        self._record(name, EventKind.CUSTOMER_REPLIED, CUSTOMER, now)
        self._later(name, "next reply", self._working(name).next_reply, now, partial(self._reply, name, by))

    def _update(self, name: str, by: str, now: datetime) -> None:
        self._record(name, EventKind.UPDATED, by, now)
        self._later(name, "update", self._working(name).update, now, partial(self._update, name, by))

    def _solve(self, name: str, by: str, now: datetime) -> None:
        self._record(name, EventKind.RESOLVED, by, now)
        self._lives[name] += 1
        working = self._working(name)
        chance = self._dice(name, "reopened")
        if chance.random() < working.reopened:
            at = now + working.customer.drawn(chance)
            self._soon(name, at, partial(self._record, name, EventKind.REOPENED, CUSTOMER))

    def _record(self, name: str, kind: EventKind, by: str, now: datetime) -> None:
        done = record(self._store, name, TicketAction(kind, by, now), self._context(by, now))
        self._sent(done.attempts, now)

    # Scheduling, and the habits of people.

    def _soon(self, name: str, at: datetime, act: Act) -> None:
        """Schedule an act at an instant. It is skipped if the ticket is resolved by then. name: the ticket's id."""
        life = self._lives[name]
        self._at(at, lambda then: act(then) if self._lives[name] == life else None)

    def _later(self, name: str, what: str, delay: Delay, now: datetime, act: Act) -> None:
        """Schedule an act after a random delay: day and night for tickets that page, else in business hours.

        name: the ticket's id. what: names the act for the random draw.
        """
        worked = delay.drawn(self._dice(name, what))
        self._soon(name, now + worked if self._pages(name) else self._in_business_hours(now, worked), act)

    def _in_business_hours(self, now: datetime, worked: timedelta) -> datetime:
        # Count one second more and subtract it again, so that the result is never the instant of closing time.
        counted = Target(worked + timedelta(seconds=1), Counting.COVERAGE)
        return deadline(counted, Coverage.BUSINESS, self._schedule.calendar, now) - timedelta(seconds=1)

    def _working(self, name: str) -> Working:
        return self._people.urgent if self._pages(name) else self._people.ordinary

    def _pages(self, name: str) -> bool:
        return self._policy.impacts[self._stored(name).impact].pages

    def _stored(self, name: str) -> StoredTicket:
        stored = self._store.ticket(name)
        assert stored is not None
        return stored

    def _dice(self, *question: object) -> Random:
        """Return the random source for one draw.

        question: names the draw; the same question again gives a new source.
        """
        self._asked[question] += 1
        return dice(self._seed, *question, self._asked[question])
