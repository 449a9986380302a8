"""Messages to webhooks and team channels: their rows in the store, and the protocol of carriers, which send them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from oncall.errors import DeliveryError
from oncall.paging.domain.events import Event

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PLACE = re.compile(r"([0-9]{1,17})[.]([0-9]{1,18})[.]([a-z0-9_]{1,60})")
WEBHOOK, TEAM_CHANNEL = "webhook", "channel"
"""The part of `RelayMessage.to` before the colon."""
SUBSCRIBER_HOOK = "hook"
"""The part of `RelayMessage.to` before the colon and the id of a subscriber with a webhook."""
SUBSCRIBER_MAIL = "mail:subscribers"
"""The destination of every mail to subscribers; the address is in the body, which `mail_body` writes."""
SUBSCRIBER_SMS, SUBSCRIBER_CODES = "sms:subscribers", "sms:codes"
"""The destinations of notices by SMS, and of the codes that prove a number: a code must not queue behind thousands of
notices. The number is in the body, which `sms_body` writes."""
CUSTOMER_MAIL = "mail:customers"
"""The destination of every mail to a customer's contact. It has a queue of its own, so that no notice delays it."""
EVENTS_RELAYED, REPLIES_MAILED = "events", "replies"
"""The names of the two cursors: what webhooks and team channels were told, and which replies were mailed."""


class RelayState(StrEnum):
    """The state of a message on its way."""

    WAITING = "waiting"
    SENT = "sent"
    QUARANTINED = "quarantined"
    """It failed for so long that it is not sent again until a person asks for it."""


@dataclass(frozen=True, slots=True)
class RelayPlace:
    """The place of a message in a listing. It stays the same when the message itself is sent again."""

    written_at: datetime
    position: int
    id: str

    @classmethod
    def read(cls, text: str) -> RelayPlace | None:
        """Return the place that `str` wrote; None for any other text."""
        found = _PLACE.fullmatch(text)
        if found is None:
            return None
        return cls(_EPOCH + timedelta(microseconds=int(found[1])), int(found[2]), found[3])

    def __str__(self) -> str:
        return f"{(self.written_at - _EPOCH) // timedelta(microseconds=1)}.{self.position}.{self.id}"


@dataclass(frozen=True, slots=True)
class RelayMessage:
    """One message to one webhook or team channel. Times are real, aware UTC.

    id: stays the same for every send, so that the receiver can drop repeats. to: `webhook:NAME`, `channel:NAME`,
    `mail:customers`, `mail:subscribers`, `sms:subscribers`, `sms:codes`, or `hook:ID` of a subscriber.
    kind: `ticket.paged`, or a topic of team channels. position: orders the messages about one ticket. body: exactly
    what is sent. ticket: of a mail, the subscriber's id. due_at: when it is sent next; None once it is sent or
    quarantined.
    """

    id: str
    to: str
    kind: str
    ticket: str | None
    position: int
    body: str
    written_at: datetime
    due_at: datetime | None
    sends: int = 0
    sent_at: datetime | None = None
    error: str | None = None

    @property
    def place(self) -> RelayPlace:
        """Return the message's place in a listing."""
        return RelayPlace(self.written_at, self.position, self.id)

    @property
    def may_have_gone(self) -> bool:
        """Return True if the message was sent before, or if a process claimed it and recorded no outcome."""
        return self.sends > 0 or self.due_at != self.written_at

    @property
    def state(self) -> RelayState:
        """Return the message's state."""
        if self.sent_at is not None:
            return RelayState.SENT
        return RelayState.QUARANTINED if self.due_at is None else RelayState.WAITING


@dataclass(frozen=True, slots=True)
class RelayBacklog:
    """The waiting messages of one destination. oldest: when (real time) the oldest of them was written."""

    waiting: int = 0
    oldest: datetime | None = None
    quarantined: int = 0


@dataclass(frozen=True, slots=True)
class RelayFilter:
    """Which messages a listing shows: of one destination, in these states (all if empty), at most `limit`.

    after: only those after this place.
    """

    limit: int = 100
    to: str | None = None
    states: tuple[RelayState, ...] = ()
    after: RelayPlace | None = None


class EventFeed(Protocol):
    """Reads the events of all tickets in the order of the log."""

    def last_event(self, ticket: str | None = None) -> int:
        """Return the number of the newest event of a ticket, or of all tickets; 0 if there is none."""

    def events_after(self, number: int, *, most: int) -> list[Event]:
        """Return events with a higher number than this, in order."""

    def event_numbers_after(self, number: int, *, most: int) -> list[int]:
        """Return the numbers of events above this one, in order."""

    def messages_to_customers(self, *, after: int, until: int) -> list[Event]:
        """Return the replies and updates with numbers above `after` and up to `until`, in order."""


class RelayReads(Protocol):
    """Reads single messages."""

    def relay_message(self, message_id: str) -> RelayMessage | None:
        """Return the message with this id, or None."""


class RelayMessages(RelayReads, Protocol):
    """Stores the messages to webhooks, team channels, subscribers and customers."""

    def relay_cursor(self, name: str = EVENTS_RELAYED) -> int | None:
        """Return the number of the event up to which messages are written; None if nothing is relayed."""

    def move_relay_cursor(self, before: int | None, after: int | None, name: str = EVENTS_RELAYED) -> bool:
        """Set the cursor and return True, or return False if it is not `before` any more."""

    def add_relay_messages(self, messages: Sequence[RelayMessage]) -> None:
        """Store the messages whose id is not stored yet."""

    def claim_relay_messages(
        self, to: str, *, real_now: datetime, lease_until: datetime, most: int
    ) -> list[RelayMessage]:
        """Claim due messages to one destination, oldest first. For each ticket only its first unsent message can be
        due.
        """

    def relay_due(self, real_now: datetime) -> list[str]:
        """Return the destinations that have a due message, by name."""

    def update_relay_messages(self, messages: Sequence[RelayMessage]) -> None:
        """Store the columns that change: written_at, due_at, sends, sent_at and error.

        A mail or a subscriber's message that was sent loses its text.
        """

    def relay_messages(self, wanted: RelayFilter) -> list[RelayMessage]:
        """Return messages, the newest first."""

    def relay_backlogs(self) -> Mapping[str, RelayBacklog]:
        """Return the backlog of each destination."""

    def quarantine_relay_messages(self, to: str, *, written_before: datetime, error: str) -> int:
        """Quarantine the waiting messages to a destination that were written before an instant. Returns how many."""

    def forget_relay_messages(self, *, written_before: datetime) -> None:
        """Delete sent and quarantined messages that were written before an instant, except mails about a ticket."""


class Carrier(Protocol):
    """Carries messages to one destination."""

    async def carry(self, message: RelayMessage, *, real_now: datetime) -> None:
        """Send a message. Raises DeliveryError if it may not have arrived; the reason holds no secret."""

    async def close(self) -> None:
        """Close the connections."""


class BatchCarrier(Carrier, Protocol):
    """A carrier that sends several messages in one go."""

    async def carry_batch(self, messages: Sequence[RelayMessage], *, real_now: datetime) -> list[DeliveryError | None]:
        """Send messages in order until one must be sent again later or `halt` is called; the first is always tried.

        Returns for each message that was tried why it did not arrive, or None.
        """

    def halt(self) -> None:
        """Let a batch that is on its way end after the present message."""
