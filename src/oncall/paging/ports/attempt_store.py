"""Protocols for attempts in the store: single ones, due ones, the send queue, and recent messages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from oncall.paging.domain.ticket import Attempt
from oncall.paging.ports.records import SentText


class Attempts(Protocol):
    """Reads, adds and changes single attempts."""

    def attempts(self, ticket_id: str) -> list[Attempt]:
        """Return every attempt for this ticket, oldest first."""

    def attempt(self, attempt_id: str) -> Attempt | None:
        """Return the attempt with this id and lock its row; None if there is none."""

    def attempts_with_ids(self, attempt_ids: Sequence[str]) -> list[Attempt]:
        """Return the attempts with these ids, ordered by id, and lock their rows; unknown ids are left out."""

    def attempt_by_provider_id(self, provider_id: str) -> Attempt | None:
        """Return the newest attempt with the provider's id. Other transactions that ask for the same id wait until
        this one ends.
        """

    def bundle(self, leader: str) -> list[Attempt]:
        """Return every attempt in the message that the attempt `leader` leads, itself included, oldest first."""

    def add_attempts(self, attempts: Sequence[Attempt]) -> None:
        """Insert attempts. Raises Conflict if an id is already stored or a ticket is unknown."""

    def update_attempt(self, attempt: Attempt) -> None:
        """Store the columns of an attempt that can change. Raises NotFound if the attempt is not stored.

        They are channel, status, provider id, error, sends, retry_at, lease_until, is_immediate, bundle, sent_text,
        sent_at, caller and is_summary.
        """

    def update_attempts(self, attempts: Sequence[Attempt]) -> None:
        """Store the columns of several attempts that can change. This transaction must have read all of them."""


class AttemptClaims(Protocol):
    """Claims the attempts that are due, and records the provider's answer."""

    def claim_attempts(self, *, real_now: datetime, lease_until: datetime, limit: int) -> list[Attempt]:
        """Claim due attempts, under a lease until `lease_until`, and return them. No two callers get the same attempt.

        An attempt is due if it is `queued`, `retrying` or `unknown` and its `retry_at` has passed. It is also due if
        it is `sending` and its lease has expired (it is returned as `unknown`), or if it is `accepted` or `sent` and
        the provider must be asked again. Attempts in the send queue are left out while another transaction holds the
        queue's lock.
        """

    def settle_attempt(self, attempt: Attempt) -> bool:
        """Store the provider's answer to a send, if the stored attempt is `sending` and has no provider's id yet.

        Otherwise writes nothing and returns False.
        """

    def next_attempt_at(self) -> datetime | None:
        """Return the earliest instant (real time) at which `claim_attempts` returns an attempt, or None."""


class AttemptLists(Protocol):
    """Lists the attempts of many tickets."""

    def unsent_attempts(self, *, written_before: datetime, limit: int) -> list[Attempt]:
        """Return attempts written before an instant (real time) that no provider is known to have accepted."""

    def recent_attempts(self, *, written_since: datetime, limit: int) -> list[Attempt]:
        """Return the attempts written since an instant (real time), the newest first."""

    def has_delivered(self, person: str, channel: str) -> bool:
        """Return True if a message to this person by this channel was ever reported as delivered."""


class SendQueue(Protocol):
    """The attempts that wait for a rate limit. One transaction at a time decides which of them are sent."""

    def lock_send_queue(self) -> None:
        """Wait for the send queue, and hold it until the transaction ends. Before this call the transaction may lock
        only rows of claimed attempts.
        """

    def try_lock_send_queue(self) -> bool:
        """Take the lock of the send queue without waiting. Return False if another transaction holds it."""

    def queued_pages(self, person: str) -> list[Attempt]:
        """Return the `queued` and `retrying` texts that page this person, oldest first, and lock their rows.

        Attempts that never wait, and rows that another transaction has locked, are left out.
        """


class SentMessages(Protocol):
    """Reads the messages that were sent recently."""

    def texts_sent(self, *, since: datetime, most: int, to: str | None = None) -> list[SentText]:
        """Return at most `most` texts that were sent since an instant (policy time), the newest first.

        A bundle counts as one message. to: only texts to this person, without answers to inbound messages; None: all
        texts, answers included.
        """

    def last_page_to(self, person: str) -> Attempt | None:
        """Return the last text (by `sent_at`) that paged this person and is not known to have failed, or None.

        For a bundle it returns the leader.
        """

    def phone_is_free(self, person: str, *, since: datetime) -> bool:
        """Return True if no text has paged this person since an instant (policy time), and no first page of an urgent
        ticket waits for their phone.
        """

    def phone_has_room(self, person: str, *, since: datetime, most: int) -> bool:
        """Return True if fewer than `most` messages with first pages of urgent tickets went to this person since an
        instant (policy time). The answer may be a second old while the number is far below `most`.
        """

    def caller_has_room(self, caller: str, *, since: datetime, most: int) -> bool:
        """Return True if fewer than `most` messages went out with first pages of this caller's urgent tickets that were
        written since an instant (policy time). As exact as `phone_has_room`.
        """

    def summarised_at(self, person: str, *, since: datetime) -> datetime | None:
        """Return when (policy time) the last summary of urgent pages went to this person, if after `since`."""

    def try_lock_phone(self, person: str) -> bool:
        """Reserve the person's phone for an urgent page until the transaction ends, without waiting. Return False if
        another transaction has reserved it.
        """

    def calls_to(self, person: str, *, since: datetime) -> list[Attempt]:
        """Return the calls to this person that were handed to a provider since `since` (policy time), latest first."""


class PagedTickets(Protocol):
    """Finds the tickets that a reply without a code may mean."""

    def paged_tickets(self, person: str) -> list[str]:
        """Return the ids of unresolved tickets that this person was paged for, the latest page first."""


class HandoffLock(Protocol):
    """The lock that lets only one pager write handoff notices."""

    def lock_handoffs(self) -> None:
        """Wait until no other transaction writes handoff notices, and block others until this one ends."""
