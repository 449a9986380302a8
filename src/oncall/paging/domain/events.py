"""The events of a ticket's log that people and callers cause, one dataclass for each kind.

`pager_events` has the kinds that the pager causes. The common fields come first, in this order: ticket, at, by, why,
id, seq. The fields of a single kind are keyword-only. Only `paging.ports.event_json` converts events to JSON.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar


class EventKind(StrEnum):
    """The kinds of event in a ticket's log.

    The first group comes from people and callers, the second from the pager.
    """

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
    """One line of a ticket's log. The store numbers the lines: `seq` is their order. Times are policy time, aware UTC.

    at: the time from which the event has its effect. by: an engineer's id, a token's name, or `oncall` for the pager
    itself. why: the reason, as a sentence. id: the sender's own id of this event, if any; a second event with the same
    id changes nothing.
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

    policy: the version that brought the policy; 0 for the policy that comes with the program. hours: the version that
    brought the business hours; None: the same version as `policy`.
    """

    policy: int
    hours: int | None = None


@dataclass(frozen=True, slots=True)
class ReportedTimes:
    """The times of an event's report, where they differ from the time of the event itself (`Event.at`).

    recorded_at: when the report arrived; None if that was less than a minute after `Event.at`. said_at: the time that
    the sender gave; None if it is the same as `Event.at`.
    """

    recorded_at: datetime | None = None
    said_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Received(Event):
    """The intake posted the ticket. plan, impact, terms: None in a log that does not record them."""

    kind: ClassVar[EventKind] = EventKind.RECEIVED
    plan: str | None = None
    impact: str | None = None
    terms: TermsVersions | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionEvent(Event):
    """A ticket action of a person or caller.

    reported: None if the action was reported at the time at which it happened.
    """

    reported: ReportedTimes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged(ActionEvent):
    """A person took the ticket. taken_from: the id of the engineer who had it until then; None: nobody had it."""

    kind: ClassVar[EventKind] = EventKind.ACKNOWLEDGED
    taken_from: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageEvent(ActionEvent):
    """A message to the customer or from the customer.

    forwarded_to: on a duplicate, the ticket for which the message counts instead. forwarded_from: on that ticket, the
    duplicate on which the message was written. text: the message, as the customer's web page shows it; None if only the
    fact was recorded. No SMS contains the text.
    """

    forwarded_to: str | None = None
    forwarded_from: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportMessage(MessageEvent):
    """A message to the customer.

    takes_ticket: True if the author becomes the owner of an open ticket. False if a program reported the message: it
    counts for the SLA clocks, but the engineers are still paged. is_mailed: True if the customer already got the text
    by mail, from the engineer's mail program or a help desk, so that the service mails nothing.
    """

    takes_ticket: bool = True
    is_mailed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Replied(SupportMessage):
    """A reply went to the customer."""

    kind: ClassVar[EventKind] = EventKind.REPLIED


@dataclass(frozen=True, slots=True, kw_only=True)
class Updated(SupportMessage):
    """An update went to the customer."""

    kind: ClassVar[EventKind] = EventKind.UPDATED


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerReplied(MessageEvent):
    """The customer wrote. needs_reply: False for a message that needs no reply, such as a thank-you."""

    kind: ClassVar[EventKind] = EventKind.CUSTOMER_REPLIED
    needs_reply: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved(ActionEvent):
    """A person solved the ticket."""

    kind: ClassVar[EventKind] = EventKind.RESOLVED


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopened(ActionEvent):
    """The ticket was opened again.

    was_open: True if the ticket was open when the reopening was reported. The event then changes nothing, unless an
    earlier resolution is reported later.
    """

    kind: ClassVar[EventKind] = EventKind.REOPENED
    terms: TermsVersions | None = None
    was_open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpactChanged(ActionEvent):
    """The ticket got another impact. impact: the name of the new one in the policy."""

    kind: ClassVar[EventKind] = EventKind.IMPACT_CHANGED
    impact: str
    terms: TermsVersions | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed(ActionEvent):
    """A person passed the ticket on.

    to: the id of the person who is paged next; None: the next person of the escalation.
    """

    kind: ClassVar[EventKind] = EventKind.PASSED
    to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting(ActionEvent):
    """The team waits for the customer. Periodic updates pause if the policy says so."""

    kind: ClassVar[EventKind] = EventKind.WAITING


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged(ActionEvent):
    """The ticket was closed as a duplicate of the ticket `into`, on which its clocks continue.

    named: the ticket that the sender named, if that ticket was itself a duplicate of `into`; else None.
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

    details: the stored JSON.
    """

    kind: EventKind
    details: Any  # The JSON is kept for views; nothing is known of its shape.


class UnreadableLog(ValueError):
    """A ticket's log contains an event that cannot be read, so the ticket's state is unknown."""
