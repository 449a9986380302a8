"""Messages to webhooks, team channels, subscribers and customers: their rows, and the protocol that sends them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from oncall.errors import AddressDelayed, AddressRefused, DeliveryError
from oncall.paging.domain.events import Event

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PLACE = re.compile(r"([0-9]{1,17})[.]([0-9]{1,18})[.]([a-z0-9_]{1,60})")
WEBHOOK, TEAM_CHANNEL = "webhook", "channel"
"""The part of `RelayMessage.to` before the colon."""
SUBSCRIBER_HOOK = "hook"
"""The part of `RelayMessage.to` before the colon, if the destination is the webhook of a subscriber. The id of the
subscriber follows the colon."""
SUBSCRIBER_MAIL = "mail:subscribers"
"""The destination of every mail to subscribers. The address is in the body, which `mail_body` writes."""
SUBSCRIBER_SMS, SUBSCRIBER_CODES = "sms:subscribers", "sms:codes"
"""The destinations of notices by SMS, and of the codes that prove a number. They are separate, so that a code need not
wait for thousands of notices. The number is in the body, which `sms_body` writes."""
CUSTOMER_MAIL = "mail:customers"
"""The destination of every mail to a customer's contact. It has a queue of its own, so that notices do not delay it."""
EVENTS_RELAYED, REPLIES_MAILED = "events", "replies"
"""The names of the two cursors in the log of events. Messages to webhooks and team channels are written up to the first
one, mails with replies up to the second."""


def stops_others(outcome: DeliveryError | None) -> bool:
    """Return True if the result of a send means that other messages to the same destination must wait.

    outcome: None if the message was accepted.
    """
    return not (outcome is None or isinstance(outcome, AddressRefused | AddressDelayed))


class RelayState(StrEnum):
    """The state of a relay message."""

    WAITING = "waiting"
    SENT = "sent"
    QUARANTINED = "quarantined"
    """The message failed for so long that it is sent again only if a person asks for it."""


@dataclass(frozen=True, slots=True)
class RelayPlace:
    """The place of a message in a list. It stays the same when the message is sent again."""

    written_at: datetime
    position: int
    id: str

    @classmethod
    def read(cls, text: str) -> RelayPlace | None:
        """Parse the text that `str(place)` gives; None for any other text."""
        found = _PLACE.fullmatch(text)
        if found is None:
            return None
        return cls(_EPOCH + timedelta(microseconds=int(found[1])), int(found[2]), found[3])

    def __str__(self) -> str:
        return f"{(self.written_at - _EPOCH) // timedelta(microseconds=1)}.{self.position}.{self.id}"


@dataclass(frozen=True, slots=True)
class RelayMessage:
    """One message to one destination of the relay. Times are real time, aware UTC.

    id: the same for every send, so that the receiver can drop repeats. to: the destination: `webhook:NAME`,
    `channel:NAME`, `mail:customers`, `mail:subscribers`, `sms:subscribers`, `sms:codes`, or `hook:ID` with the id of a
    subscriber. kind: an event like `ticket.paged`, or a topic of team channels. ticket: the ticket's id; for a message
    to a subscriber, the subscriber's id. position: orders the messages about one ticket. body: exactly what is sent.
    due_at: when it is sent next; None once it is sent or quarantined.
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
        """Return the message's place in a list."""
        return RelayPlace(self.written_at, self.position, self.id)

    @property
    def may_have_gone(self) -> bool:
        """Return True if the message may have been sent before.

        That is so if a send was recorded, or if a process claimed the message and recorded no outcome.
        """
        return self.sends > 0 or self.due_at != self.written_at

    @property
    def state(self) -> RelayState:
        """Return the message's state: sent, quarantined or waiting."""
        if self.sent_at is not None:
            return RelayState.SENT
        return RelayState.QUARANTINED if self.due_at is None else RelayState.WAITING


@dataclass(frozen=True, slots=True)
class RelayBacklog:
    """The numbers of waiting and quarantined messages of one destination.

    oldest: when (real time) the oldest waiting message was written; None if none waits.
    """

    waiting: int = 0
    oldest: datetime | None = None
    quarantined: int = 0


@dataclass(frozen=True, slots=True)
class RelayFilter:
    """Which messages a list shows, at most `limit`.

    to: only this destination; None: all. states: only these states; empty: all. after: only messages that come after
    this place in the list.
    """

    limit: int = 100
    to: str | None = None
    states: tuple[RelayState, ...] = ()
    after: RelayPlace | None = None


class EventFeed(Protocol):
    """Reads the events of all tickets, ordered by their numbers."""

    def last_event(self, ticket: str | None = None) -> int:
        """Return the number of the newest event of a ticket, or of all tickets; 0 if there is none."""

    def events_after(self, number: int, *, most: int) -> list[Event]:
        """Return at most `most` events with numbers above `number`, in order."""

    def event_numbers_after(self, number: int, *, most: int) -> list[int]:
        """Return the numbers of at most `most` events above `number`, in order."""

    def messages_to_customers(self, *, after: int, until: int) -> list[Event]:
        """Return the replies and updates to customers with numbers above `after` and up to `until`, in order."""


class RelayReads(Protocol):
    """Reads single relay messages."""

    def relay_message(self, message_id: str) -> RelayMessage | None:
        """Return the relay message with this id; None if there is none."""


class RelayMessages(RelayReads, Protocol):
    """Stores the messages to webhooks, team channels, subscribers and customers."""

    def relay_cursor(self, name: str = EVENTS_RELAYED) -> int | None:
        """Return the number of the event up to which messages are written; None if this cursor is not set."""

    def move_relay_cursor(self, before: int | None, after: int | None, name: str = EVENTS_RELAYED) -> bool:
        """Move a cursor from `before` to `after`.

        Returns False, and does nothing, if it is not at `before` any more.
        """

    def add_relay_messages(self, messages: Sequence[RelayMessage]) -> None:
        """Store messages. A message whose id is stored already is left out."""

    def claim_relay_messages(
        self, to: str, *, real_now: datetime, lease_until: datetime, most: int
    ) -> list[RelayMessage]:
        """Claim at most `most` due messages to one destination, the oldest first, under a lease until `lease_until`.

        Times are real time, aware UTC. Of the unsent messages about one ticket, only the first can be due.
        """

    def relay_due(self, real_now: datetime) -> list[str]:
        """Return the destinations that have a due message, sorted.

        A subscriber's webhook is left out while its first message waits for its next send.
        """

    def update_relay_messages(self, messages: Sequence[RelayMessage]) -> None:
        """Update stored messages: write written_at, due_at, sends, sent_at and error.

        The text of a mail or of a message to a subscriber is deleted once it is sent.
        """

    def relay_messages(self, wanted: RelayFilter) -> list[RelayMessage]:
        """Return the messages that a filter selects, the newest first."""

    def relay_backlogs(self) -> Mapping[str, RelayBacklog]:
        """Return the backlogs by destination."""

    def quarantine_relay_messages(self, to: str, *, written_before: datetime, error: str) -> int:
        """Quarantine the waiting messages to a destination that were written before an instant (real time).

        error: the reason, which is stored in each message. Returns how many messages were quarantined.
        """

    def forget_relay_messages(self, *, written_before: datetime) -> None:
        """Delete sent and quarantined messages written before an instant (real time), except mails about a ticket."""


class Carrier(Protocol):
    """Sends messages to one destination."""

    async def carry(self, message: RelayMessage, *, real_now: datetime) -> None:
        """Send a message. Raises DeliveryError if it may not have arrived; the error shows no secret."""

    async def close(self) -> None:
        """Close the network connections."""


class BatchCarrier(Carrier, Protocol):
    """Sends the messages of one destination, several in one call."""

    async def carry_batch(self, messages: Sequence[RelayMessage], *, real_now: datetime) -> list[DeliveryError | None]:
        """Send messages in order until `stops_others` is true of a result, or until `halt` is called.

        Returns one entry for each message that was tried: the error if it did not arrive, else None.
        """

    def halt(self) -> None:
        """Stop the batch that is being sent, after the present message."""
