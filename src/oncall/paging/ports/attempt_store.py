"""What is asked of the store about attempts: single ones, those that are due, the send queue, what was sent lately."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from oncall.paging.domain.ticket import Attempt
from oncall.paging.ports.records import SentText


class Attempts(Protocol):
    """Single attempts."""

    def attempts(self, ticket_id: str) -> list[Attempt]:
        """Every attempt for this ticket, oldest first."""

    def attempt(self, attempt_id: str) -> Attempt | None:
        """The attempt with this delivery id, its row locked."""

    def attempt_by_provider_id(self, provider_id: str) -> Attempt | None:
        """The newest attempt with the provider's id. Other transactions that ask for the id wait for this one."""

    def bundle(self, leader: str) -> list[Attempt]:
        """Every attempt in the message that the attempt `leader` leads, itself included, oldest first."""

    def add_attempts(self, attempts: Sequence[Attempt]) -> None:
        """Insert them."""

    def update_attempt(self, attempt: Attempt) -> None:
        """Write everything that can change: channel, status, provider id, error, sends, retry_at, lease_until,
        is_immediate, bundle, sent_text, sent_at."""


class AttemptClaims(Protocol):
    """The attempts that are due, and what becomes of them."""

    def claim_attempts(self, *, real_now: datetime, lease_until: datetime, limit: int) -> list[Attempt]:
        """Take over attempts that are due, and set their lease; no two callers get the same one.

        Due are: `queued`, `retrying` or `unknown` ones whose `retry_at` has come; `sending` ones whose lease ran out,
        which come back as `unknown`; and `accepted` or `sent` ones whose provider is to be asked at `retry_at`. While
        another transaction holds the send queue, the attempts in it are left out.
        """

    def settle_attempt(self, attempt: Attempt) -> bool:
        """As `update_attempt` for an attempt that its provider has just taken, if it is still `sending` and has no
        provider's id in the store; False, and nothing is written, if not."""

    def next_attempt_at(self) -> datetime | None:
        """The earliest real instant at which `claim_attempts` would return something."""


class AttemptLists(Protocol):
    """Attempts of many tickets."""

    def unsent_attempts(self, *, written_before: datetime, limit: int) -> list[Attempt]:
        """Attempts that no provider is known to have taken, of those written before an instant (real time)."""

    def recent_attempts(self, *, written_since: datetime, limit: int) -> list[Attempt]:
        """Attempts written since an instant (real time), the newest first."""

    def has_delivered(self, person: str, channel: str) -> bool:
        """Whether a message to this person by this channel was ever reported to have arrived."""


class SendQueue(Protocol):
    """The attempts that wait for a rate limit. One transaction at a time decides which of them go."""

    def lock_send_queue(self) -> None:
        """Wait for the send queue, and hold it until the transaction ends. Before this call the transaction may lock
        no rows but those of claimed attempts."""

    def try_lock_send_queue(self) -> bool:
        """As `lock_send_queue` without waiting: False, and nothing is locked, if another transaction holds it."""

    def queued_pages(self, person: str) -> list[Attempt]:
        """Texts that page this person, may wait, and are `queued` or `retrying`, oldest first; their rows locked.
        Rows that another transaction has locked are left out."""


class SentMessages(Protocol):
    """What went out lately."""

    def texts_sent(self, *, since: datetime, most: int, to: str | None = None) -> list[SentText]:
        """The latest texts that went out since an instant (policy time), the newest first, at most `most`. A bundle
        counts as one message.

        to: only texts to this person that are no answers; None: texts to anybody, answers to inbound messages included.
        """

    def last_page_to(self, person: str) -> Attempt | None:
        """The text that paged this person last, by `sent_at`, and is not known to have failed; of a bundle the attempt
        that leads it."""

    def calls_to(self, person: str, *, since: datetime) -> list[Attempt]:
        """Calls to this person that were handed to a provider since an instant (policy time), the latest first."""


class PagedTickets(Protocol):
    """The tickets that a reply without a code may mean."""

    def paged_tickets(self, person: str) -> list[str]:
        """Ids of unresolved tickets that this person was paged for, the latest page first."""


class HandoffLock(Protocol):
    """Handoff notices, which one pager sends."""

    def lock_handoffs(self) -> None:
        """Wait until no other transaction writes handoff notices, and keep others from it until this one ends."""
