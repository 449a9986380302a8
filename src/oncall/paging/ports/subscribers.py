"""Subscribers to the status page in the store, and how far they have been told."""

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
    """A mail address, a phone number or the URL of a webhook that asked for notices. `repr` shows no address or token.

    address: a phone number has the form of `canonical_phone`. components: ids of components and groups; empty:
    everything. manage_token: opens the page to change or end the subscription; each mail carries it. confirm_digest:
    the SHA-256 digest (hex) of the token that confirms, or of the form that takes a phone's code; it works until
    confirm_ends_at (real time). confirmed_at: policy time in whole seconds; None: not yet.
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
        """Return True if notices go to a webhook, not by mail."""
        return "://" in self.address

    @property
    def is_phone(self) -> bool:
        """Return True if notices go by SMS."""
        return is_e164(self.address)

    @property
    def shown(self) -> str:
        """Return the address as pages show it: of a phone number only the end."""
        return f"the number that ends in {self.address[-2:]}" if self.is_phone else self.address

    @property
    def signing_secret(self) -> str:
        """Return the secret that signs what goes to a webhook, in the form of Standard Webhooks."""
        key = hashlib.sha256(f"signing|{self.manage_token}".encode()).digest()
        return "whsec_" + base64.b64encode(key).decode()


@dataclass(frozen=True, slots=True)
class NoticeCursor:
    """How far subscribers have been told. event: the last event of the status page that all of them were told.

    subscriber: the id of the last subscriber who was told the event after it; empty: none yet.
    """

    event: int
    subscriber: str = ""


class Subscribers(StatusLog, RelayMessages, Protocol):
    """Stores subscribers, counts of requests to subscribe, and the event up to which notices are written."""

    def subscriber_at(self, address: str) -> Subscriber | None:
        """Return the subscriber with this address, confirmed or not; None if there is none."""

    def subscriber(self, subscriber_id: str) -> Subscriber | None:
        """Return the subscriber with this id, or None."""

    def subscriber_to_confirm(self, digest: str) -> Subscriber | None:
        """Return the subscriber whose confirming token has this digest, or None."""

    def subscriber_with(self, manage_token: str) -> Subscriber | None:
        """Return the subscriber with this token, or None."""

    def put_subscriber(self, subscriber: Subscriber) -> None:
        """Store a new subscriber, or all columns of a known one."""

    def remove_subscriber(self, subscriber_id: str) -> None:
        """Delete a subscriber and the mail and texts to them that are not sent yet."""

    def stop_texts(self, digest: str, at: datetime) -> None:
        """Record that the status page never texts the number with this digest again. at: real time."""

    def has_stopped_texts(self, digest: str) -> bool:
        """Return True if the number with this digest has sent STOP."""

    def forget_unconfirmed(self, *, ended_by: datetime) -> None:
        """Delete the subscribers who did not confirm by this instant (real time), when their token ended."""

    def confirmed_subscribers(self, *, after: str, most: int) -> Sequence[Subscriber]:
        """Return confirmed subscribers with a higher id than `after`, ordered by id."""

    def count_subscribers(self) -> int:
        """Return how many confirmed subscribers get mail."""

    def subscription_asks(self, key: str, *, since: datetime) -> int:
        """Return how many requests to subscribe were counted under this key since an instant (real time)."""

    def add_subscription_asks(self, keys: Sequence[str], at: datetime) -> None:
        """Count a request to subscribe, made at an instant (real time), under each of these keys."""

    def forget_subscription_asks(self, *, before: datetime) -> None:
        """Delete the counts of requests to subscribe that are older than an instant (real time)."""

    def notice_cursor(self) -> NoticeCursor | None:
        """Return how far subscribers have been told; None if no subscriber ever confirmed."""

    def move_notice_cursor(self, before: NoticeCursor | None, after: NoticeCursor) -> bool:
        """Set the cursor and return True, or return False if it is not `before` any more."""

    def last_status_event(self) -> int:
        """Return the number of the newest event of the status page; 0 if there is none."""

    def next_status_event(self, after: int) -> StatusEvent | None:
        """Return the first event of the status page with a higher number, or None."""
