"""The events of a ticket's log, one dataclass for each kind. This module has those of people and callers.

The pager's own kinds are in `pager_events`. The common fields come first and in order: ticket, at, by, why, id, seq.
Those of a kind are keyword-only. Only `paging.ports.event_json` knows how an event looks as JSON.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar


class EventKind(StrEnum):
    """What can happen to a ticket. The first group comes from people and callers, the second from the pager."""

    RECEIVED = "received"
    ACKNOWLEDGED = "acknowledged"
    REPLIED = "replied"
    CUSTOMER_REPLIED = "customer_replied"
    UPDATED = "updated"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    IMPACT_CHANGED = "impact_changed"
    PASSED = "passed"
    WAITING = "waiting"
    MERGED = "merged"

    NOTED = "noted"
    ABSORBED = "absorbed"
    JUDGED = "judged"
    STEP_FIRED = "step_fired"
    STEP_SKIPPED = "step_skipped"
    STEP_FAILED = "step_failed"
    STEP_REROUTED = "step_rerouted"
    STEP_RESENT = "step_resent"
    WARNED = "warned"
    CHASED = "chased"
    BREACHED = "breached"
    WITHDRAWN = "withdrawn"
    PAGE_WAITS = "page_waits"
    PAGE_BUNDLED = "page_bundled"
    HANDED_OVER = "handed_over"


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a ticket's log. The log's order is `seq`, which the store gives. Times are policy time, aware UTC.

    at: when the event counts. by: an engineer's id, a token's name, or `oncall` for the pager itself. why: a sentence.
    id: the sender's own id of this event, if any; a second event with the same id changes nothing.
    """

    ticket: str
    at: datetime
    by: str
    why: str
    id: str | None = None
    seq: int = 0

    if TYPE_CHECKING:

        @property
        def kind(self) -> EventKind:
            """Return the kind of the event. Each class of events states its own."""


@dataclass(frozen=True, slots=True)
class TermsVersions:
    """The schedule versions whose policy and business hours were in force when an event happened.

    policy: the version that brought the policy; 0: the packaged one. hours: the version that brought the business
    hours; None: the same version as `policy`.
    """

    policy: int
    hours: int | None = None


@dataclass(frozen=True, slots=True)
class ReportedTimes:
    """When an event was reported, if that differs from the instant at which it counts.

    recorded_at: when it came, if that was a minute or more later. said_at: the time that the sender gave, if the event
    counts at a different time.
    """

    recorded_at: datetime | None = None
    said_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Received(Event):
    """The intake posted the ticket. terms, impact: None in logs that do not record them."""

    kind: ClassVar[EventKind] = EventKind.RECEIVED
    plan: str | None = None
    impact: str | None = None
    terms: TermsVersions | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionEvent(Event):
    """A ticket action of a person or caller. reported: None if the event counts when it was reported."""

    reported: ReportedTimes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged(ActionEvent):
    """A person took the ticket. taken_from: the id of the engineer who had it until then; None: nobody had it."""

    kind: ClassVar[EventKind] = EventKind.ACKNOWLEDGED
    taken_from: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageEvent(ActionEvent):
    """A message to the customer or from the customer.

    forwarded_to: on a duplicate, the ticket on which the message counts instead. forwarded_from: on that ticket, the
    duplicate on which the message was written. text: the words that the customer wrote or reads, which the customer's
    page shows; None if only the fact was recorded. No SMS has them.
    """

    forwarded_to: str | None = None
    forwarded_from: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportMessage(MessageEvent):
    """A message to the customer. takes_ticket: False if a program reported it, which cannot take a ticket for a person.
    Such a message counts for the SLA clocks, and the engineers are still paged.

    is_mailed: the customer got the words by mail already, from the engineer's mail program or a help desk, so that the
    service mails nothing.
    """

    takes_ticket: bool = True
    is_mailed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Replied(SupportMessage):
    """An answer went to the customer."""

    kind: ClassVar[EventKind] = EventKind.REPLIED


@dataclass(frozen=True, slots=True, kw_only=True)
class Updated(SupportMessage):
    """An update went to the customer."""

    kind: ClassVar[EventKind] = EventKind.UPDATED


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerReplied(MessageEvent):
    """The customer wrote. needs_reply: False for a message that asks for nothing, such as a thank-you."""

    kind: ClassVar[EventKind] = EventKind.CUSTOMER_REPLIED
    needs_reply: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved(ActionEvent):
    """A person solved the ticket."""

    kind: ClassVar[EventKind] = EventKind.RESOLVED


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopened(ActionEvent):
    """The ticket was opened again. was_open: the reopening was reported while the ticket was open. It then changes
    nothing, unless an earlier resolution is reported later.
    """

    kind: ClassVar[EventKind] = EventKind.REOPENED
    terms: TermsVersions | None = None
    was_open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpactChanged(ActionEvent):
    """The ticket has another impact. impact: the new one, a name of the policy."""

    kind: ClassVar[EventKind] = EventKind.IMPACT_CHANGED
    impact: str
    terms: TermsVersions | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed(ActionEvent):
    """A person passed the ticket on: the next person is paged. to: the id of a named person who is paged instead."""

    kind: ClassVar[EventKind] = EventKind.PASSED
    to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting(ActionEvent):
    """The next move is the customer's: periodic updates pause if the policy says so."""

    kind: ClassVar[EventKind] = EventKind.WAITING


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged(ActionEvent):
    """The ticket is a duplicate and is closed. Its clocks continue on the ticket `into`.

    named: the ticket that the sender named, if it was itself a duplicate of `into`; None: `into`.
    """

    kind: ClassVar[EventKind] = EventKind.MERGED
    into: str
    named: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted(Event):
    """A sender reported something that does not change the ticket, such as its own acknowledgement."""

    kind: ClassVar[EventKind] = EventKind.NOTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable(Event):
    """A stored event with invalid details. A fold that needs the details raises UnreadableLog.

    details: as stored, any JSON.
    """

    kind: EventKind
    details: Any  # The JSON is kept for views; nothing is known of its shape.


class UnreadableLog(ValueError):
    """A ticket's log holds an event that cannot be read, so that the ticket's state is unknown."""
