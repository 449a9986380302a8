"""Protocols for attempts in the store: single attempts, due attempts, the send queue, and recent messages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from oncall.paging.domain.ticket import Attempt
from oncall.paging.ports.records import SentText


class Attempts(Protocol):
    """Reads, adds and changes single attempts."""

    def attempts(self, ticket_id: str) -> list[Attempt]:
        """Return every attempt for this ticket, the oldest first."""

    def attempt(self, attempt_id: str) -> Attempt | None:
        """Return the attempt with this id and lock its row; None if there is none."""

    def attempts_with_ids(self, attempt_ids: Sequence[str]) -> list[Attempt]:
        """Return the attempts with these ids, ordered by id, and lock their rows.

        Ids that are not stored are left out.
        """

    def attempt_by_provider_id(self, provider_id: str) -> Attempt | None:
        """Return the newest attempt with this id of the provider; None if there is none.

        Other transactions that ask for the same id wait until this one ends.
        """

    def bundle(self, leader: str) -> list[Attempt]:
        """Return every attempt of a bundle, with its leader, the oldest first. leader: the id of the leader."""

    def add_attempts(self, attempts: Sequence[Attempt]) -> None:
        """Insert attempts. Raises Conflict if an id is already stored or a ticket is unknown."""

    def update_attempt(self, attempt: Attempt) -> None:
        """Update a stored attempt: write those of its columns that can change.

        Raises NotFound if the attempt is not stored. These columns are channel, status, provider id, error, sends,
        retry_at, lease_until, is_immediate, bundle, sent_text, sent_at, caller and is_summary.
        """

    def update_attempts(self, attempts: Sequence[Attempt]) -> None:
        """Update several stored attempts as `update_attempt` does. This transaction must have read all of them."""


class AttemptClaims(Protocol):
    """Claims due attempts for one pager, and records the provider's answer."""

    def claim_attempts(self, *, real_now: datetime, lease_until: datetime, limit: int) -> list[Attempt]:
        """Claim at most `limit` due attempts under a lease until `lease_until` (real time), and return them.

        No two callers get the same attempt. An attempt is due if it is `queued`, `retrying` or `unknown` and its
        `retry_at` has passed. It is also due if it is `sending` and its lease has expired (it is returned as
        `unknown`), or if it is `accepted` or `sent` and the provider must be asked again. Attempts in the send queue
        are left out while another transaction has the queue's lock.
        """

    def settle_attempt(self, attempt: Attempt) -> bool:
        """Store the provider's answer to a send. Returns False, and writes nothing, if the answer is already known.

        The answer counts as known unless the stored attempt is `sending` and has no provider's id.
        """

    def next_attempt_at(self) -> datetime | None:
        """Return the earliest real time (aware UTC) at which an attempt can be claimed; None if no attempt waits."""


class AttemptLists(Protocol):
    """Lists the attempts of many tickets."""

    def unsent_attempts(self, *, written_before: datetime, limit: int) -> list[Attempt]:
        """Return attempts that no provider is known to have accepted.

        written_before: real time; only attempts from before it.
        """

    def recent_attempts(self, *, written_since: datetime, limit: int) -> list[Attempt]:
        """Return attempts, the newest first. written_since: real time; only attempts from then on."""

    def has_delivered(self, person: str, channel: str) -> bool:
        """Return True if a provider ever reported that a message to this person by this channel was delivered."""


class SendQueue(Protocol):
    """The attempts that wait for a rate limit. One transaction at a time decides which of them are sent."""

    def lock_send_queue(self) -> None:
        """Wait for the lock of the send queue, and keep it until the transaction ends.

        Before this call, the transaction may lock only rows of claimed attempts.
        """

    def try_lock_send_queue(self) -> bool:
        """Take the lock of the send queue without waiting. Returns False if another transaction has the lock."""

    def queued_pages(self, person: str) -> list[Attempt]:
        """Return the texts that page this person and are `queued` or `retrying`, the oldest first, and lock their rows.

        Attempts that never wait, and rows that another transaction has locked, are left out.
        """


class SentMessages(Protocol):
    """Reads the messages that were sent recently."""

    def texts_sent(self, *, since: datetime, most: int, to: str | None = None) -> list[SentText]:
        """Return at most `most` texts sent since an instant (policy time), the newest first.

        A bundle counts as one text. to: only texts to this person, without answers to their own SMS; None: all texts,
        with such answers.
        """

    def last_page_to(self, person: str) -> Attempt | None:
        """Return the latest text (by `sent_at`) that paged this person and is not known to have failed.

        None if there is none. For a bundle it is the leader.
        """

    def phone_is_free(self, person: str, *, since: datetime) -> bool:
        """Return True if an urgent page may go to this person at once.

        That is so if no text has paged them since an instant (policy time), and no first page of an urgent ticket waits
        for their phone.
        """

    def phone_has_room(self, person: str, *, since: datetime, most: int) -> bool:
        """Return True if this person got fewer than `most` messages with first pages of urgent tickets.

        since: policy time. The answer may be a second old while the number is far below `most`.
        """

    def caller_has_room(self, caller: str, *, since: datetime, most: int) -> bool:
        """Return True if this caller's urgent tickets caused fewer than `most` messages with first pages.

        since: policy time; only pages that were written since then count. The answer is as exact as that of
        `phone_has_room`.
        """

    def summarised_at(self, person: str, *, since: datetime) -> datetime | None:
        """Return when (policy time) this person last got a summary of urgent pages; None if not after `since`."""

    def try_lock_phone(self, person: str) -> bool:
        """Reserve a person's phone for an urgent page until the transaction ends, without waiting.

        Returns False if another transaction has reserved it.
        """

    def calls_to(self, person: str, *, since: datetime) -> list[Attempt]:
        """Return the calls to this person that a provider got since `since` (policy time), the latest first."""


class PagedTickets(Protocol):
    """Finds the tickets that a person may mean by a reply without a code."""

    def paged_tickets(self, person: str) -> list[str]:
        """Return the ids of the unresolved tickets for which this person was paged, that of the latest page first."""


class HandoffLock(Protocol):
    """A lock, so that only one pager at a time writes handoff notices."""

    def lock_handoffs(self) -> None:
        """Wait for the lock for writing handoff notices, and keep it until the transaction ends."""
