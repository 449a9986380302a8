"""The pager's store without a database. Everything is in memory, so that a rehearsal plays a year in seconds.

It implements all of `paging.ports.Transaction`. One store is one long transaction, and nothing is ever undone.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice

from oncall.errors import Conflict, NotFound
from oncall.paging.domain.reachability import Alert, Reach, Reachability
from oncall.paging.domain.ticket import SENDABLE, TAKEN, Attempt, AttemptStatus, Purpose, StoredTicket, TicketStatus
from oncall.paging.ports.calendar_links import CalendarLink
from oncall.paging.ports.callers import Token
from oncall.paging.ports.handoff_book import HandoffNote
from oncall.paging.ports.notice_choices import NoticeChoice
from oncall.paging.ports.phone_proofs import PhoneProof
from oncall.paging.ports.plan_drafts import PlanDraft
from oncall.paging.ports.records import InboundMessage, SentText
from oncall.paging.ports.refusals import RefusalCount
from oncall.paging.ports.sign_in_store import LoginLink, PageSession, ProviderHandshake
from oncall.paging.ports.ticket_links import TicketLink
from oncall.rehearsal.memory_alerts import AlertBook
from oncall.rehearsal.memory_calendar import CalendarBook
from oncall.rehearsal.memory_choices import NoticeChoiceBook
from oncall.rehearsal.memory_handoffs import HandoffBook
from oncall.rehearsal.memory_plan_drafts import PlanDraftBook
from oncall.rehearsal.memory_relay import NoRelay
from oncall.rehearsal.memory_sign_ins import SignInBook
from oncall.rehearsal.memory_swaps import SwapBook
from oncall.rehearsal.memory_ticket_links import TicketLinkBook
from oncall.rehearsal.memory_tickets import TicketBook
from oncall.rehearsal.memory_tokens import TokenBook
from oncall.rehearsal.memory_urgent import UrgentBook
from oncall.schedule.schedule import Schedule
from oncall.support.changed_row import changed
from oncall.support.policy import ChannelName, Policy

_NEVER_CAME = (AttemptStatus.FAILED, AttemptStatus.UNDELIVERED)
_NEVER_LEFT = (AttemptStatus.FAILED, *SENDABLE)


class MemoryStore(
    UrgentBook,
    AlertBook,
    TicketBook,
    TokenBook,
    CalendarBook,
    HandoffBook,
    SwapBook,
    SignInBook,
    TicketLinkBook,
    PlanDraftBook,
    NoticeChoiceBook,
    NoRelay,
):
    """Tickets, logs, attempts and all other rows in memory, with one schedule and one policy that never change."""

    def __init__(self, schedule: Schedule, policy: Policy) -> None:
        super().__init__(schedule, policy)
        SwapBook.__init__(self)
        self._attempts: dict[str, Attempt] = {}
        self._attempts_of: dict[str, list[str]] = {}
        self._open_attempts: dict[str, None] = {}
        self._bundles: dict[str, dict[str, None]] = {}
        self._sent: dict[str | None, list[tuple[datetime, str]]] = {}
        self._inbound: dict[str, InboundMessage] = {}
        self._answers: list[tuple[datetime, str]] = []
        self._tokens: dict[str, Token] = {}
        self._links: dict[str, CalendarLink] = {}
        self._login_links: dict[str, LoginLink] = {}
        self._page_sessions: dict[str, PageSession] = {}
        self._provider_handshakes: dict[str, ProviderHandshake] = {}
        self._ticket_links: dict[str, TicketLink] = {}
        self._plan_drafts: dict[str, tuple[PlanDraft, str]] = {}
        self._choices: dict[str, NoticeChoice] = {}
        self._notes: list[HandoffNote] = []
        self._proofs: dict[tuple[str, str], PhoneProof] = {}
        self._marks: dict[tuple[str, str], Reachability] = {}
        self._alerts: dict[str, Alert] = {}
        self._beat: tuple[datetime, str] | None = None

    # Attempts.

    def attempts(self, ticket_id: str) -> list[Attempt]:
        """Return every attempt for this ticket, the oldest first."""
        found = [self._attempts[name] for name in self._attempts_of.get(ticket_id, ())]
        return sorted(found, key=lambda attempt: (attempt.written_at, attempt.id))

    def attempt(self, attempt_id: str) -> Attempt | None:
        """Return the attempt with this id; None if there is none."""
        return self._attempts.get(attempt_id)

    def attempts_with_ids(self, attempt_ids: Sequence[str]) -> list[Attempt]:
        """Return the attempts with these ids, ordered by id."""
        return [self._attempts[name] for name in sorted(attempt_ids) if name in self._attempts]

    def attempt_by_provider_id(self, provider_id: str) -> Attempt | None:
        """Return the newest attempt with this id of the provider; None if there is none."""
        found = [attempt for attempt in self._attempts.values() if attempt.provider_id == provider_id]
        return max(found, key=lambda attempt: (attempt.written_at, attempt.id), default=None)

    def add_attempts(self, attempts: Sequence[Attempt]) -> None:
        """Insert attempts. Raises Conflict if an id is already stored or a ticket is unknown."""
        for attempt in attempts:
            if attempt.id in self._attempts:
                raise Conflict(f"attempt of ticket {attempt.ticket}: it is stored already")
            if attempt.ticket not in self._tickets:
                raise Conflict(f"attempt of ticket {attempt.ticket}: there is no such ticket")
            self._attempts_of.setdefault(attempt.ticket, []).append(attempt.id)
            self._keep_attempt(attempt)

    def update_attempt(self, attempt: Attempt) -> None:
        """Replace a stored attempt. Raises NotFound if it is not stored."""
        if attempt.id not in self._attempts:
            raise NotFound(f"attempt of ticket {attempt.ticket}: there is no such attempt")
        self._keep_attempt(attempt)

    def update_attempts(self, attempts: Sequence[Attempt]) -> None:
        """Replace several stored attempts. Raises NotFound if one is not stored."""
        for attempt in attempts:
            self.update_attempt(attempt)

    def settle_attempt(self, attempt: Attempt) -> bool:
        """Store the provider's answer to a send. Returns False, and writes nothing, if the answer is already known."""
        current = self._attempts.get(attempt.id)
        if current is None or current.status is not AttemptStatus.SENDING or current.provider_id is not None:
            return False
        self._keep_attempt(attempt)
        return True

    def claim_attempts(self, *, real_now: datetime, lease_until: datetime, limit: int) -> list[Attempt]:
        """Claim at most `limit` due attempts: those that never wait first, then the longest overdue.

        Times are real time.
        """
        due = sorted(
            (not _goes_at_once(attempt), at, attempt.id) for at, attempt in self._claimable() if at <= real_now
        )
        claimed = []
        for _, _, name in due[:limit]:
            attempt = self._attempts[name]
            status = AttemptStatus.UNKNOWN if attempt.status is AttemptStatus.SENDING else attempt.status
            claimed.append(changed(attempt, status=status, lease_until=lease_until))
            self._keep_attempt(claimed[-1])
        return claimed

    def unsent_attempts(self, *, written_before: datetime, limit: int) -> list[Attempt]:
        """Return attempts that no provider is known to have accepted, the longest overdue first."""
        waiting = sorted(self._claimable(), key=lambda each: (each[0], each[1].id))
        found = [each for _, each in waiting if each.written_at <= written_before and each.status not in TAKEN]
        return found[:limit]

    def recent_attempts(self, *, written_since: datetime, limit: int) -> list[Attempt]:
        """Return attempts, the newest first. written_since: real time; only attempts from then on."""
        found = [attempt for attempt in self._attempts.values() if attempt.written_at >= written_since]
        return sorted(found, key=lambda attempt: (attempt.written_at, attempt.id), reverse=True)[:limit]

    def queued_pages(self, person: str) -> list[Attempt]:
        """Return the texts that page this person and are `queued` or `retrying`, the oldest first."""
        found = [self._attempts[name] for name in self._open_attempts]
        texts = (one for one in found if one.is_text and one.may_wait)
        mine = (one for one in texts if one.to == person and one.status in SENDABLE)
        return sorted((one for one in mine if one.purpose is Purpose.PAGE), key=_written)

    def bundle(self, leader: str) -> list[Attempt]:
        """Return every attempt of a bundle, with its leader, the oldest first. leader: the id of the leader."""
        return sorted((self._attempts[name] for name in self._bundles.get(leader, ())), key=_written)

    def texts_sent(self, *, since: datetime, most: int, to: str | None = None) -> list[SentText]:
        """Return at most `most` texts sent since an instant (policy time), the newest first."""
        tickets = [SentText(one.sent_at, one.text) for one in islice(self._lately_sent(to), most) if one.sent_at]
        mine = (one for one in self._alerts.values() if to is None or one.to == to)
        alerts = [SentText(one.sent_at, one.body) for one in mine if one.sent_at is not None]
        answers = [SentText(*one) for one in islice(reversed(self._answers), most if to is None else 0)]
        texts = (one for one in (*tickets, *alerts, *answers) if one.at >= since)
        return sorted(texts, key=lambda one: one.at, reverse=True)[:most]

    def last_page_to(self, person: str) -> Attempt | None:
        """Return the latest text that paged this person and is not known to have failed; None if there is none."""
        pages = (one for one in self._lately_sent(person) if one.purpose is Purpose.PAGE)
        return next((one for one in pages if one.status not in _NEVER_CAME), None)

    def calls_to(self, person: str, *, since: datetime) -> list[Attempt]:
        """Return no calls, because a rehearsal calls no person."""
        return []

    def has_delivered(self, person: str, channel: str) -> bool:
        """Return True if a provider ever reported that a message to this person by this channel was delivered."""
        return any(
            (one.to, one.channel, one.status) == (person, channel, AttemptStatus.DELIVERED)
            for one in self._attempts.values()
        )

    # Queries for many tickets or phones at once.

    def tickets_by_id(self, ticket_ids: Sequence[str]) -> dict[str, StoredTicket]:
        """Return the tickets with these ids, by id."""
        return {name: self._tickets[name] for name in ticket_ids if name in self._tickets}

    def attempts_of(self, ticket_ids: Sequence[str]) -> dict[str, list[Attempt]]:
        """Return the attempts for each ticket, the oldest first, by the ticket's id."""
        return {name: self.attempts(name) for name in ticket_ids}

    def queued_pages_to(self, people: Sequence[str]) -> dict[str, list[Attempt]]:
        """Return for each person the texts that `queued_pages` returns."""
        return {person: self.queued_pages(person) for person in people}

    def texts_sent_to(self, people: Sequence[str], *, since: datetime, most: int) -> dict[str, list[SentText]]:
        """Return for each person the texts that `texts_sent` returns, at most `most`, the newest first."""
        return {person: self.texts_sent(since=since, most=most, to=person) for person in people}

    def last_pages_to(self, people: Sequence[str]) -> dict[str, Attempt]:
        """Return for each person the page that `last_page_to` returns."""
        return {person: page for person in people if (page := self.last_page_to(person)) is not None}

    def calls_to_each(self, people: Sequence[str], *, since: datetime) -> dict[str, list[Attempt]]:
        """Return no calls, because a rehearsal calls no person."""
        return {}

    def lock_send_queue(self) -> None:
        """Do nothing, because no other transaction exists."""

    def try_lock_send_queue(self) -> bool:
        """Return True, because no other transaction exists."""
        return True

    def lock_handoffs(self) -> None:
        """Do nothing, because no other transaction exists."""

    def next_attempt_at(self) -> datetime | None:
        """Return the earliest real time (aware UTC) at which an attempt can be claimed; None if no attempt waits."""
        return min((at for at, _ in self._claimable()), default=None)

    def paged_tickets(self, person: str) -> list[str]:
        """Return the ids of the unresolved tickets for which this person was paged, that of the latest page first."""
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
        """Return the inbound SMS with this id of the provider; None if there is none."""
        return self._inbound.get(provider_id)

    def add_inbound(self, message: InboundMessage) -> None:
        """Store an inbound SMS. Raises Conflict if one with its provider id is already stored."""
        if message.provider_id in self._inbound:
            raise Conflict(f"inbound message {message.provider_id}: it is stored already")
        self._inbound[message.provider_id] = message
        if message.answer:
            insort(self._answers, (message.at, message.answer))

    def unhelpful_count(self, person: str, *, since: datetime, most: int) -> int:
        """Return how many texts without effect this person has sent since an instant (policy time); at most `most`."""
        mine = (sms for sms in self._inbound.values() if sms.by == person and sms.is_unhelpful and sms.at > since)
        return min(sum(1 for _ in mine), most)

    def note_reachability(self, mark: Reachability) -> None:
        """Record that a person opted out of a channel, or opted in again. The latest record counts."""
        self._marks[mark.person, mark.channel] = mark

    def opted_out(self) -> list[Reachability]:
        """Return the latest record of each person and channel that is opted out, ordered by the person's id."""
        return [self._marks[key] for key in sorted(self._marks) if self._marks[key].state is Reach.OPTED_OUT]

    def reached(self) -> dict[str, datetime]:
        """Return, by the person's id, when (policy time) a message to them was last delivered or one from them came."""
        heard = [(sms.by, sms.at) for sms in self._inbound.values()]
        delivered = [one for one in self._attempts.values() if one.status is AttemptStatus.DELIVERED]
        heard += [(one.to, one.at) for one in delivered if one.channel != ChannelName.DESK]
        return {person: max(at for other, at in heard if other == person) for person in {name for name, _ in heard}}

    def beat(self, worker: str, *, real_now: datetime, channel: str) -> None:
        """Record that the pager is alive. channel: the name of the channel by which it sends."""
        self._beat = (real_now, channel)

    def last_beat(self) -> tuple[datetime, str] | None:
        """Return when (real time) a pager last recorded that it was alive, and its channel; None if none ever did."""
        return self._beat

    def write_refusals(self, counts: Sequence[RefusalCount]) -> None:
        """Do nothing, because a rehearsal receives no requests."""

    def refusals(self, *, since: datetime) -> list[RefusalCount]:
        """Return no counts, because a rehearsal receives no requests."""
        return []

    # ---------------------------------------------------------------------------------------------------------------

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
        """Yield the texts that were sent to this person, the latest first; with to=None, those sent to anyone."""
        for at, name in reversed(self._sent.get(to, ())):
            # The entry is outdated if the attempt was sent again later.
            if self._attempts[name].sent_at == at:
                yield self._attempts[name]

    def _claimable(self) -> Iterator[tuple[datetime, Attempt]]:
        for name in self._open_attempts:
            attempt = self._attempts[name]
            assert attempt.claimable_at is not None
            yield attempt.claimable_at, attempt


def _goes_at_once(attempt: Attempt) -> bool:
    return attempt.is_immediate and attempt.status in SENDABLE


def _written(attempt: Attempt) -> tuple[datetime, str]:
    return attempt.written_at, attempt.id
