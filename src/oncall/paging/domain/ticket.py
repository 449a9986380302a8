"""Tickets as they are posted and as they are stored, and attempts to reach people about them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from oncall.paging.domain.ticket_answer import TicketAnswer


class TicketStatus(StrEnum):
    """The status of a ticket. An open ticket has an owner only during a chase."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


DRILL = "drill"
"""The plan and the impact of a drill. No policy has them, so no caller can post one."""
LONGEST_DRILL = 3600
"""The most seconds that a drill may wait for its acknowledgement."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A posted ticket, cleaned and checked. `impact` and `plan` are names of the policy; times are aware UTC."""

    id: str
    customer: str
    plan: str
    impact: str
    subject: str
    url: str | None = None
    opened_at: datetime | None = None
    contact: str | None = None

    @property
    def is_drill(self) -> bool:
        """Return True for a drill: it never escalates, has no SLA clock, and ends when it is acknowledged."""
        return self.plan == DRILL and self.impact == DRILL

    def fingerprint(self) -> str:
        """Return a digest of the content. A posted ticket with a known id but another fingerprint is refused."""
        content = [self.id, self.customer, self.plan, self.impact, self.subject, self.url, self.contact]
        content.append(self.opened_at.isoformat() if self.opened_at else None)
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()


class Purpose(StrEnum):
    """Why a message is sent: to get the ticket acknowledged, or to inform."""

    PAGE = "page"
    NOTICE = "notice"


class AttemptStatus(StrEnum):
    """How far an attempt is, from `queued` to its outcome."""

    QUEUED = "queued"
    """Waits for a pager, which may send it from `retry_at` on."""
    SENDING = "sending"
    """Stored before the network call. An attempt that still has this status after a crash counts as unknown."""
    RETRYING = "retrying"
    """Certainly not sent; the pager tries again at `retry_at`."""
    UNKNOWN = "unknown"
    """The provider may or may not have the message; the pager asks before it sends again."""
    ACCEPTED = "accepted"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"


SENDABLE = (AttemptStatus.QUEUED, AttemptStatus.RETRYING)
"""Statuses of an attempt that no provider has. Such an attempt may be sent, delayed or cancelled."""

TAKEN = (AttemptStatus.ACCEPTED, AttemptStatus.SENT)
"""Statuses of an attempt that its provider has accepted and whose outcome is not known yet."""

FINAL_STATUSES = frozenset({AttemptStatus.DELIVERED, AttemptStatus.UNDELIVERED, AttemptStatus.FAILED})


@dataclass(frozen=True, slots=True)
class Attempt:
    """One message to one person by one channel.

    id: our own delivery id, unguessable, part of the status callback's address. at: policy time, aware UTC. to: the id
    of an engineer or the manager, or `desk`. retry_at, lease_until, written_at: real time, aware UTC. deadline: the
    policy time after which a temporary failure is not retried, because the next step has fired; None: no limit. sends:
    how often the attempt was handed to its provider. is_immediate: True if the attempt never waits in the send queue
    and is never bundled. bundle: the id of the attempt that leads the message (a leader has its own id); None: no
    bundle. sent_text: the text that is sent instead of `body`: that of the bundle, or of a ticket that has become
    urgent. sent_at: policy time of the last send that the provider did not refuse; None for a member of a bundle.
    caller: on the first page of an urgent ticket, the caller who posted the ticket; None on every other attempt.
    is_summary: True for a summary of the urgent pages that exceed a ceiling. why: the reason for a page, for the log
    file of the process that writes the attempt. The store keeps the reason in the event that names the page.
    """

    id: str
    ticket: str
    at: datetime
    to: str
    channel: str
    purpose: Purpose
    body: str
    status: AttemptStatus
    written_at: datetime
    step: int | None = None
    round: int | None = None
    deadline: datetime | None = None
    provider_id: str | None = None
    error: str | None = None
    error_code: int | None = None
    sends: int = 0
    retry_at: datetime | None = None
    lease_until: datetime | None = None
    is_immediate: bool = False
    bundle: str | None = None
    sent_text: str | None = None
    sent_at: datetime | None = None
    caller: str | None = None
    is_summary: bool = False
    why: str = field(default="", compare=False)

    @property
    def text(self) -> str:
        """Return the text that goes to the person: `sent_text` if it is set, else `body`."""
        return self.sent_text if self.sent_text is not None else self.body

    @property
    def is_text(self) -> bool:
        """Return True for a text to a phone; False for a call and for the desk's own queue."""
        return self.channel not in ("voice", "desk")

    @property
    def is_urgent(self) -> bool:
        """Return True for the first page of an urgent ticket, which the limits of other texts never delay."""
        return self.caller is not None or self.is_immediate

    @property
    def may_wait(self) -> bool:
        """Return True if the attempt may have to wait: a text for a rate limit, a call until another call has ended."""
        return self.channel != "desk" and not self.is_immediate

    @property
    def is_member(self) -> bool:
        """Return True if this attempt is sent as a part of another attempt's message. Both have the same outcome."""
        return self.bundle is not None and self.bundle != self.id

    @property
    def claimable_at(self) -> datetime | None:
        """Return from when (real time, aware UTC) any pager may claim this attempt; None if the attempt needs no pager.

        An unknown attempt without `retry_at` is due at once, because otherwise it would wait for ever. An accepted or
        sent attempt is due when the pager must ask the provider for its status. A member of a bundle is never due
        itself.
        """
        if self.is_member:
            return None
        match self.status:
            case AttemptStatus.SENDING:
                return self.lease_until or self.written_at
            case AttemptStatus.QUEUED | AttemptStatus.RETRYING | AttemptStatus.UNKNOWN:
                return max(self.retry_at or self.written_at, self.lease_until or self.written_at)
            case AttemptStatus.ACCEPTED | AttemptStatus.SENT if self.retry_at is not None:
                return max(self.retry_at, self.lease_until or self.retry_at)
            case _:
                return None


@dataclass(frozen=True, slots=True)
class StoredTicket:
    """A ticket's row: the posted ticket, the first answer, and a summary of its log for fast queries.

    answer: the JSON body of the first 202; None in reports, which do not read it. due_at: the policy time at which the
    pager must act next; None if nothing is due until another event arrives. impact: the present one. All fields except
    `ticket`, `answer`, `code` and `received_at` are a cache of the fold over the events.
    """

    ticket: Ticket
    answer: TicketAnswer | None
    code: str
    received_at: datetime
    status: TicketStatus
    impact: str
    action: str
    hold_until: datetime | None = None
    due_at: datetime | None = None
    first_reply_due: datetime | None = None
    owner: str | None = None
