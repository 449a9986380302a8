"""The pager's store without a database: everything in memory, so that a year passes in seconds.

It is `paging.ports.Transaction` to the letter, and one ledger is one long transaction: nothing is ever undone.
"""

from __future__ import annotations

import heapq
from bisect import insort
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice

from oncall.errors import Conflict, NotFound, Refused
from oncall.paging.ports import InboundMessage, NewVersion, SentText, TicketFilter, TicketSpan, Token
from oncall.paging.reachability import Alert, Reach, Reachability
from oncall.paging.ticket import (
    SENDABLE,
    TAKEN,
    Attempt,
    AttemptStatus,
    Event,
    EventKind,
    Purpose,
    StoredTicket,
    TicketStatus,
)
from oncall.schedule.schedule import Schedule
from oncall.support.policy import ChannelName, Policy

_NEVER_CAME = (AttemptStatus.FAILED, AttemptStatus.UNDELIVERED)
_NEVER_LEFT = (AttemptStatus.FAILED, *SENDABLE)


class Ledger:
    """Tickets, logs and attempts under one schedule and one policy, which stay as they are."""

    def __init__(self, schedule: Schedule, policy: Policy) -> None:
        self._schedule, self._policy = schedule, policy
        self._tickets: dict[str, StoredTicket] = {}
        self._codes: dict[str, str] = {}
        self._code_lengths: Counter[int] = Counter()
        self._logs: dict[str, list[Event]] = {}
        self._sender_ids: set[tuple[str, str]] = set()
        self._attempts: dict[str, Attempt] = {}
        self._attempts_of: dict[str, list[str]] = {}
        self._open_attempts: dict[str, None] = {}
        self._bundles: dict[str, dict[str, None]] = {}
        self._sent: dict[str | None, list[tuple[datetime, str]]] = {}
        self._due: list[tuple[datetime, str]] = []
        self._inbound: dict[str, InboundMessage] = {}
        self._answers: list[tuple[datetime, str]] = []
        self._tokens: dict[str, Token] = {}
        self._marks: dict[tuple[str, str], Reachability] = {}
        self._alerts: dict[str, Alert] = {}
        self._beat: tuple[datetime, str] | None = None
        self._seq = 0

    # The schedule.

    def schedule(self) -> Schedule:
        """The one it was made with."""
        return self._schedule

    def policy(self, version: int | None = None) -> Policy:
        """The one it was made with. Raises NotFound for any version but the one that brought it."""
        if version not in (None, self.policy_version()):
            raise NotFound(f"schedule version {version}: a rehearsal knows version {self.policy_version()} alone")
        return self._policy

    def policy_version(self) -> int:
        """The number of its schedule's latest publication; 0 when it has none."""
        return self._schedule.latest.version if self._schedule.latest is not None else 0

    def policy_sources(self) -> Mapping[str, str]:
        """Empty: its policy was made, not read from what a publication keeps."""
        return {}

    def add_version(self, version: NewVersion) -> int:
        """Refused: a rehearsal compares schedules, each in a ledger of its own."""
        raise Refused(f"the schedule of a rehearsal does not change; {version.kind} needs a ledger of its own")

    # Tickets.

    def ticket(self, ticket_id: str) -> StoredTicket | None:
        """The ticket; None when there is none."""
        return self._tickets.get(ticket_id)

    def ticket_by_code(self, code: str) -> StoredTicket | None:
        """The unresolved ticket with this code."""
        holder = self._codes.get(code)
        return self._tickets[holder] if holder is not None else None

    def resolved_by_code(self, code: str, *, since: datetime) -> StoredTicket | None:
        """The resolved ticket that had this code last, of those received since."""
        had = (one for one in self._tickets.values() if one.code == code and one.received_at >= since)
        return max((one for one in had if one.status is TicketStatus.RESOLVED), key=_received, default=None)

    def tickets(self, wanted: TicketFilter) -> list[StoredTicket]:
        """Tickets, newest first; of two received at one instant the higher id first."""
        is_open = wanted.statuses and TicketStatus.RESOLVED not in wanted.statuses
        # Every unresolved ticket holds a code; they are few, and at each handoff they are asked for.
        names = self._codes.values() if is_open else self._tickets
        found = sorted((self._tickets[name] for name in names), key=_received, reverse=True)
        if wanted.after is not None:
            last = self._tickets.get(wanted.after)
            found = [stored for stored in found if last is not None and _received(stored) < _received(last)]
        if wanted.statuses:
            found = [stored for stored in found if stored.status in wanted.statuses]
        if wanted.customer is not None:
            found = [stored for stored in found if stored.ticket.customer == wanted.customer]
        return found[: wanted.limit]

    def tickets_between(self, wanted: TicketSpan) -> list[StoredTicket]:
        """Tickets received in a span, oldest first; of two received at one instant the lower id first; no answers."""
        found = sorted(
            (stored for stored in self._tickets.values() if wanted.start <= stored.received_at < wanted.end),
            key=_received,
        )
        if wanted.after is not None:
            last = self._tickets.get(wanted.after)
            found = [stored for stored in found if last is not None and _received(stored) > _received(last)]
        if wanted.customers:
            found = [stored for stored in found if stored.ticket.customer in wanted.customers]
        if wanted.plan is not None:
            found = [stored for stored in found if stored.ticket.plan == wanted.plan]
        return [replace(stored, answer={}) for stored in found[: wanted.limit]]

    def customer_names(self) -> list[str]:
        """The customers of all tickets, each spelling once, sorted."""
        return sorted({stored.ticket.customer for stored in self._tickets.values()})

    def code_count(self, length: int) -> int:
        """How many codes of this length unresolved tickets hold."""
        return self._code_lengths[length]

    def add_ticket(self, ticket: StoredTicket) -> None:
        """Keep it. Raises Conflict when its id is there already, or its code is another unresolved ticket's."""
        name = ticket.ticket.id
        if name in self._tickets:
            raise Conflict(f"ticket {name}: it is stored already")
        self._hold_code(ticket)
        self._tickets[name] = ticket
        self._logs[name] = []
        self._note_due(ticket)

    def update_ticket(self, ticket: StoredTicket) -> None:
        """Write what changes in a ticket's life. Raises NotFound for a ticket that was never added."""
        name = ticket.ticket.id
        before = self._tickets.get(name)
        if before is None:
            raise NotFound(f"ticket {name}: there is no such ticket")
        self._free_code(before)
        self._hold_code(ticket)
        self._tickets[name] = ticket
        if ticket.due_at != before.due_at:
            self._note_due(ticket)

    def due_tickets(self, now: datetime, limit: int) -> list[str]:
        """Ids whose `due_at` has come, the longest overdue first."""
        due: list[tuple[datetime, str]] = []
        while self._due and self._due[0][0] <= now and len(due) < limit:
            entry = heapq.heappop(self._due)
            if self._is_current(entry) and entry not in due[-1:]:
                due.append(entry)
        for entry in due:
            heapq.heappush(self._due, entry)
        return [name for _, name in due]

    def next_due_at(self) -> datetime | None:
        """The earliest `due_at` of all."""
        while self._due and not self._is_current(self._due[0]):
            heapq.heappop(self._due)
        return self._due[0][0] if self._due else None

    def events(self, ticket_id: str) -> list[Event]:
        """The ticket's log in its order."""
        return list(self._logs.get(ticket_id, ()))

    def events_of(self, ticket_ids: Sequence[str], *, without: Sequence[EventKind] = ()) -> dict[str, list[Event]]:
        """The logs of many tickets, each in its order, but for the kinds in `without`."""
        logs = {name: [one for one in self._logs.get(name, ()) if one.kind not in without] for name in ticket_ids}
        return {name: log for name, log in logs.items() if log}

    def append(self, events: Sequence[Event]) -> None:
        """Append to the logs. Raises Conflict for a sender's id that is there already, and for an unknown ticket."""
        for event in events:
            if event.ticket not in self._logs:
                raise Conflict(f"ticket {events[0].ticket}: there is no such ticket")
            if event.id is not None and (event.ticket, event.id) in self._sender_ids:
                raise Conflict(f"ticket {events[0].ticket}: an event with this id is in its log already")
        for event in events:
            if event.id is not None:
                self._sender_ids.add((event.ticket, event.id))
            self._seq += 1
            self._logs[event.ticket].append(replace(event, seq=self._seq))

    # Attempts.

    def attempts(self, ticket_id: str) -> list[Attempt]:
        """Every try for this ticket, oldest first."""
        found = [self._attempts[name] for name in self._attempts_of.get(ticket_id, ())]
        return sorted(found, key=lambda attempt: (attempt.written_at, attempt.id))

    def attempt(self, attempt_id: str) -> Attempt | None:
        """The try with this delivery id."""
        return self._attempts.get(attempt_id)

    def attempt_by_provider_id(self, provider_id: str) -> Attempt | None:
        """The newest try that carries the provider's id."""
        found = [attempt for attempt in self._attempts.values() if attempt.provider_id == provider_id]
        return max(found, key=lambda attempt: (attempt.written_at, attempt.id), default=None)

    def add_attempts(self, attempts: Sequence[Attempt]) -> None:
        """Keep them. Raises Conflict for a delivery id that is there already, and for an unknown ticket."""
        for attempt in attempts:
            if attempt.id in self._attempts:
                raise Conflict(f"attempt of ticket {attempt.ticket}: it is stored already")
            if attempt.ticket not in self._tickets:
                raise Conflict(f"attempt of ticket {attempt.ticket}: there is no such ticket")
            self._attempts_of.setdefault(attempt.ticket, []).append(attempt.id)
            self._keep_attempt(attempt)

    def update_attempt(self, attempt: Attempt) -> None:
        """Write what changes in a try's life. Raises NotFound for one that was never added."""
        if attempt.id not in self._attempts:
            raise NotFound(f"attempt of ticket {attempt.ticket}: there is no such attempt")
        self._keep_attempt(attempt)

    def settle_attempt(self, attempt: Attempt) -> bool:
        """As `update_attempt`, if the try is still `sending` and has no provider's id; False when it is not."""
        current = self._attempts.get(attempt.id)
        if current is None or current.status is not AttemptStatus.SENDING or current.provider_id is not None:
            return False
        self._keep_attempt(attempt)
        return True

    def claim_attempts(self, *, real_now: datetime, lease_until: datetime, limit: int) -> list[Attempt]:
        """Take over tries that are due, the longest overdue first, as they stand after the claim."""
        due = sorted((at, attempt.id) for at, attempt in self._claimable() if at <= real_now)
        claimed = []
        for _, name in due[:limit]:
            attempt = self._attempts[name]
            status = AttemptStatus.UNKNOWN if attempt.status is AttemptStatus.SENDING else attempt.status
            claimed.append(replace(attempt, status=status, lease_until=lease_until))
            self._keep_attempt(claimed[-1])
        return claimed

    def unsent_attempts(self, *, written_before: datetime, limit: int) -> list[Attempt]:
        """Tries that no provider is known to have taken, the longest overdue first."""
        waiting = sorted(self._claimable(), key=lambda each: (each[0], each[1].id))
        found = [each for _, each in waiting if each.written_at <= written_before and each.status not in TAKEN]
        return found[:limit]

    def recent_attempts(self, *, written_since: datetime, limit: int) -> list[Attempt]:
        """Tries written since then, the newest first."""
        found = [attempt for attempt in self._attempts.values() if attempt.written_at >= written_since]
        return sorted(found, key=lambda attempt: (attempt.written_at, attempt.id), reverse=True)[:limit]

    def waiting_pages(self, person: str) -> list[Attempt]:
        """Texts that page this person, take turns, and are in no provider's hands, oldest first."""
        found = [self._attempts[name] for name in self._open_attempts]
        texts = (one for one in found if one.is_text and one.takes_turns)
        mine = (one for one in texts if one.to == person and one.status in SENDABLE)
        return sorted((one for one in mine if one.purpose is Purpose.PAGE), key=_written)

    def bundle(self, leader: str) -> list[Attempt]:
        """Every try in the message that this try leads, oldest first."""
        return sorted((self._attempts[name] for name in self._bundles.get(leader, ())), key=_written)

    def texts_sent(self, *, since: datetime, most: int, to: str | None = None) -> list[SentText]:
        """The latest texts that went out since then, the newest first, at most so many."""
        tickets = [SentText(one.sent_at, one.text) for one in islice(self._lately_sent(to), most) if one.sent_at]
        mine = (one for one in self._alerts.values() if to is None or one.to == to)
        alerts = [SentText(one.sent_at, one.body) for one in mine if one.sent_at is not None]
        answers = [SentText(*one) for one in islice(reversed(self._answers), most if to is None else 0)]
        texts = (one for one in (*tickets, *alerts, *answers) if one.at >= since)
        return sorted(texts, key=lambda one: one.at, reverse=True)[:most]

    def last_page_to(self, person: str) -> Attempt | None:
        """The text that paged this person last, if one ever did; one that is known not to have arrived did not."""
        pages = (one for one in self._lately_sent(person) if one.purpose is Purpose.PAGE)
        return next((one for one in pages if one.status not in _NEVER_CAME), None)

    def calls_to(self, person: str, *, since: datetime) -> list[Attempt]:
        """None: nobody is called in a rehearsal."""
        return []

    def has_delivered(self, person: str, channel: str) -> bool:
        """Whether a message to this person by this channel was ever reported to have arrived."""
        return any(
            (one.to, one.channel, one.status) == (person, channel, AttemptStatus.DELIVERED)
            for one in self._attempts.values()
        )

    def take_turns(self) -> None:
        """Nothing: nobody else is there."""

    def hand_over_alone(self) -> None:
        """Nothing either."""

    def next_attempt_at(self) -> datetime | None:
        """The earliest real instant at which `claim_attempts` would give something."""
        return min((at for at, _ in self._claimable()), default=None)

    def last_paged(self, person: str) -> list[str]:
        """Ids of unresolved tickets that this person was paged for, the latest page first."""
        latest: dict[str, tuple[datetime, bool, datetime]] = {}
        for attempt in self._attempts.values():
            paged = attempt.to == person and attempt.purpose is Purpose.PAGE and attempt.status not in _NEVER_LEFT
            if paged and self._tickets[attempt.ticket].status is not TicketStatus.RESOLVED:
                moment = (attempt.sent_at or attempt.at, attempt.sent_at is not None, attempt.written_at)
                latest[attempt.ticket] = max(latest.get(attempt.ticket, moment), moment)
        by_name = sorted(latest)
        return sorted(by_name, key=lambda name: latest[name], reverse=True)

    # Inbound messages, callers, pagers.

    def inbound(self, provider_id: str) -> InboundMessage | None:
        """An SMS that came before."""
        return self._inbound.get(provider_id)

    def add_inbound(self, message: InboundMessage) -> None:
        """Keep it. Raises Conflict for a provider's id that is there already."""
        if message.provider_id in self._inbound:
            raise Conflict(f"inbound message {message.provider_id}: it is stored already")
        self._inbound[message.provider_id] = message
        if message.answer:
            insort(self._answers, (message.at, message.answer))

    def note_reachability(self, mark: Reachability) -> None:
        """Keep it: it is the latest word on this person and channel."""
        self._marks[mark.person, mark.channel] = mark

    def deaf(self) -> list[Reachability]:
        """Whom a channel does not reach, in the order of ids."""
        return [self._marks[key] for key in sorted(self._marks) if self._marks[key].state is Reach.DEAF]

    def reached(self) -> dict[str, datetime]:
        """When a message to somebody was last delivered, or one last came from them."""
        heard = [(sms.by, sms.at) for sms in self._inbound.values()]
        tries = [one for one in self._attempts.values() if one.status is AttemptStatus.DELIVERED]
        heard += [(one.to, one.at) for one in tries if one.channel != ChannelName.DESK]
        return {person: max(at for other, at in heard if other == person) for person in {name for name, _ in heard}}

    def add_alert(self, alert: Alert) -> bool:
        """Keep it, unless there is one about the same already."""
        return self._alerts.setdefault(alert.about, alert) is alert

    def claim_alerts(self, *, real_now: datetime, lease_until: datetime) -> list[Alert]:
        """Take over alerts that are due, the longest overdue first."""
        due = [(alert.due_at, alert.id, alert) for alert in self._alerts.values() if alert.due_at is not None]
        found = [alert for at, _, alert in sorted(due, key=lambda each: each[:2]) if at <= real_now]
        self._alerts |= {alert.about: replace(alert, due_at=lease_until) for alert in found}
        return found

    def update_alert(self, alert: Alert) -> None:
        """Write what changes in an alert's life."""
        self._alerts[alert.about] = alert

    def alerts(self, *, written_since: datetime) -> list[Alert]:
        """Alerts that were written since then, the newest first."""
        found = [alert for alert in self._alerts.values() if alert.written_at >= written_since]
        return sorted(found, key=lambda alert: (alert.written_at, alert.id), reverse=True)

    def add_token(self, token: Token) -> None:
        """Keep it. Raises Conflict when the name is taken."""
        if token.name in self._tokens:
            raise Conflict(f'token "{token.name}": the name is taken')
        if self.token_by_digest(token.digest) is not None:
            raise Conflict(f'token "{token.name}": the secret is in use already')
        self._tokens[token.name] = token

    def remove_token(self, name: str) -> None:
        """Forget it. Raises NotFound."""
        if self._tokens.pop(name, None) is None:
            raise NotFound(f'there is no token "{name[:60]}"; `oncall token list` shows them')

    def token_by_digest(self, digest: str) -> Token | None:
        """The caller whose secret has this digest."""
        return next((token for token in self._tokens.values() if token.digest == digest), None)

    def tokens(self) -> list[Token]:
        """Every caller, by name."""
        return [self._tokens[name] for name in sorted(self._tokens)]

    def beat(self, worker: str, *, real_now: datetime, channel: str) -> None:
        """Say that this pager is alive."""
        self._beat = (real_now, channel)

    def last_beat(self) -> tuple[datetime, str] | None:
        """When (real time) a pager last said so, and its channel."""
        return self._beat

    # ---------------------------------------------------------------------------------------------------------------

    def _hold_code(self, ticket: StoredTicket) -> None:
        if ticket.status is TicketStatus.RESOLVED:
            return
        if self._codes.setdefault(ticket.code, ticket.ticket.id) != ticket.ticket.id:
            raise Conflict(f"ticket {ticket.ticket.id}: another unresolved ticket holds its code")
        self._code_lengths[len(ticket.code)] += 1

    def _free_code(self, ticket: StoredTicket) -> None:
        if ticket.status is not TicketStatus.RESOLVED:
            del self._codes[ticket.code]
            self._code_lengths[len(ticket.code)] -= 1

    def _note_due(self, ticket: StoredTicket) -> None:
        if ticket.due_at is not None:
            heapq.heappush(self._due, (ticket.due_at, ticket.ticket.id))

    def _is_current(self, entry: tuple[datetime, str]) -> bool:
        """An entry of the heap that its ticket has left behind says nothing any more."""
        return self._tickets[entry[1]].due_at == entry[0]

    def _keep_attempt(self, attempt: Attempt) -> None:
        before = self._attempts.get(attempt.id)
        self._attempts[attempt.id] = attempt
        if attempt.claimable_at is not None:
            self._open_attempts[attempt.id] = None
        else:
            self._open_attempts.pop(attempt.id, None)
        if before is not None and before.bundle is not None and before.bundle != attempt.bundle:
            self._bundles[before.bundle].pop(attempt.id)
        if attempt.bundle is not None:
            self._bundles.setdefault(attempt.bundle, {})[attempt.id] = None
        if attempt.sent_at is not None and attempt.is_text and (before is None or before.sent_at != attempt.sent_at):
            for whose in (None, attempt.to):
                insort(self._sent.setdefault(whose, []), (attempt.sent_at, attempt.id))

    def _lately_sent(self, to: str | None) -> Iterator[Attempt]:
        """What went out to anybody, or to one person, the latest first."""
        for at, name in reversed(self._sent.get(to, ())):
            # An entry that its try has left behind says nothing any more.
            if self._attempts[name].sent_at == at:
                yield self._attempts[name]

    def _claimable(self) -> Iterator[tuple[datetime, Attempt]]:
        for name in self._open_attempts:
            attempt = self._attempts[name]
            assert attempt.claimable_at is not None
            yield attempt.claimable_at, attempt


def _written(attempt: Attempt) -> tuple[datetime, str]:
    return attempt.written_at, attempt.id


def _received(stored: StoredTicket) -> tuple[datetime, str]:
    return stored.received_at, stored.ticket.id
