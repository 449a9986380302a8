"""The protocol of a channel, the messages that it sends, and the receipts that it returns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from oncall.paging.domain.ticket import AttemptStatus


@dataclass(frozen=True, slots=True)
class Message:
    """A message to deliver. No log and no error shows its `phone` or `email`.

    valid_for_seconds: how long the provider may try to deliver it; None: as long as it likes. spoken: what a call says
    before it asks for a key; None: a call says the body and asks for no key.
    """

    delivery_id: str
    to: str
    phone: str | None
    email: str | None
    body: str
    valid_for_seconds: int | None = None
    spoken: str | None = None


@dataclass(frozen=True, slots=True)
class DeliveryFailure:
    """Why a message did not reach its person, and what may still work.

    is_busy: True if the person's line was busy. may_pass: True if the same text may arrive when it is sent again.
    may_call, is_ours, has_stopped: as for `errors.Permanent`.
    """

    why: str
    may_pass: bool = False
    may_call: bool = False
    is_ours: bool = False
    has_stopped: bool = False
    is_busy: bool = False


@dataclass(frozen=True, slots=True)
class Receipt:
    """The status of a message at its provider.

    failure: why it failed; None if it did not, or if the provider did not say why.
    """

    provider_id: str
    status: AttemptStatus
    error_code: int | None = None
    failure: DeliveryFailure | None = None


class Channel(Protocol):
    """A way to reach people, such as SMS. Its methods raise only `errors.DeliveryError`."""

    @property
    def name(self) -> str:
        """The channel's name, such as `twilio` or `outbox`."""

    async def send(self, message: Message) -> Receipt:
        """Hand a message to the provider. Raises Temporary, Ambiguous or Permanent."""

    async def find(self, message: Message, *, since: datetime, ends_with: str, known: Sequence[str]) -> Receipt | None:
        """Return the provider's message to this number that ends with `ends_with`; None if it certainly has none.

        since: real time, aware UTC; older messages do not count. known: the provider's ids of messages that belong to
        other attempts. Raises Temporary if the provider gives no answer now.
        """

    async def status(self, provider_id: str) -> Receipt:
        """Return the status of a message. Raises Temporary if the provider gives no answer now."""

    async def close(self) -> None:
        """Close the channel's network connections."""
