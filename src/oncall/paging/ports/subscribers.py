"""Stored subscribers to the status page, and how far notices to them are written."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from oncall.paging.ports.relay import RelayMessages
from oncall.status.status_events import StatusEvent, StatusLog
from oncall.support.phones import is_e164


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A mail address, phone number or webhook URL that gets or asked for notices. `repr` shows no address and no token.

    address: a phone number has the form of `canonical_phone`. components: ids of components and groups; empty: all.
    manage_token: opens the web page on which the subscription is changed or ended; every mail contains it.
    confirm_digest: the SHA-256 digest (hex) of the token that confirms the subscription, or of the form into which a
    phone's code is typed; valid until `confirm_ends_at` (real time). confirmed_at: policy time in whole seconds; None:
    not confirmed yet.
    """

    id: str
    address: str = field(repr=False)
    components: tuple[str, ...]
    manage_token: str = field(repr=False)
    created_at: datetime
    confirm_digest: str | None = field(default=None, repr=False)
    confirm_ends_at: datetime | None = None
    confirmed_at: datetime | None = None

    @property
    def is_hook(self) -> bool:
        """Return True if the address is the URL of a webhook."""
        return "://" in self.address

    @property
    def is_phone(self) -> bool:
        """Return True if the address is a phone number, so that notices go by SMS."""
        return is_e164(self.address)

    @property
    def shown(self) -> str:
        """Return the address as web pages show it. Of a phone number they show only the end."""
        return f"the number that ends in {self.address[-2:]}" if self.is_phone else self.address

    @property
    def signing_secret(self) -> str:
        """Return the secret that signs the posts to this subscriber's webhook, in the form of Standard Webhooks."""
        key = hashlib.sha256(f"signing|{self.manage_token}".encode()).digest()
        return "whsec_" + base64.b64encode(key).decode()


@dataclass(frozen=True, slots=True)
class NoticeCursor:
    """How far the notices to subscribers are written. event: the last event of which all subscribers have their notice.

    subscriber: of the next event, the id of the last subscriber whose notice is written; empty: none yet.
    """

    event: int
    subscriber: str = ""


class Subscribers(StatusLog, RelayMessages, Protocol):
    """Stores subscribers, counts of requests to subscribe, and how far notices are written."""

    def subscriber_at(self, address: str) -> Subscriber | None:
        """Return the subscriber with this address, confirmed or not; None if there is none."""

    def subscriber(self, subscriber_id: str) -> Subscriber | None:
        """Return the subscriber with this id; None if there is none."""

    def subscriber_to_confirm(self, digest: str) -> Subscriber | None:
        """Return the subscriber with this `confirm_digest`; None if there is none."""

    def subscriber_with(self, manage_token: str) -> Subscriber | None:
        """Return the subscriber with this `manage_token`; None if there is none."""

    def put_subscriber(self, subscriber: Subscriber) -> None:
        """Store a new subscriber, or replace all columns of a stored one."""

    def remove_subscriber(self, subscriber_id: str) -> None:
        """Delete a subscriber, and the unsent messages to them."""

    def stop_texts(self, digest: str, at: datetime) -> None:
        """Record that the status page must never again send a text to the number with this digest. at: real time."""

    def has_stopped_texts(self, digest: str) -> bool:
        """Return True if a text STOP came from the number with this digest."""

    def forget_unconfirmed(self, *, ended_by: datetime) -> None:
        """Delete the unconfirmed subscribers whose token ended by an instant (real time)."""

    def confirmed_subscribers(self, *, after: str, most: int) -> Sequence[Subscriber]:
        """Return at most `most` confirmed subscribers with an id above `after`, ordered by id."""

    def count_subscribers(self) -> int:
        """Return how many confirmed subscribers get mail."""

    def lock_subscription_asks(self) -> None:
        """Wait for the lock of the requests and hold it until the transaction ends, so that none passes a limit."""

    def subscription_asks(self, key: str, *, since: datetime) -> int:
        """Return how many requests to subscribe were counted under this key since an instant (real time)."""

    def add_subscription_asks(self, keys: Sequence[str], at: datetime) -> None:
        """Count a request to subscribe under each of these keys. at: real time."""

    def forget_subscription_asks(self, *, before: datetime) -> None:
        """Delete the counts of requests to subscribe from before an instant (real time)."""

    def notice_cursor(self) -> NoticeCursor | None:
        """Return how far notices are written; None if no subscriber ever confirmed."""

    def move_notice_cursor(self, before: NoticeCursor | None, after: NoticeCursor) -> bool:
        """Move the cursor from `before` to `after`.

        Returns False, and does nothing, if it is not at `before` any more.
        """

    def last_status_event(self) -> int:
        """Return the number of the newest event of the status page; 0 if there is none."""

    def next_status_event(self, after: int) -> StatusEvent | None:
        """Return the status page's first event with a number above `after`; None if there is none."""
