"""A channel: one way to reach a person, what it is given and what it answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from oncall.paging.domain.ticket import AttemptStatus


@dataclass(frozen=True, slots=True)
class Message:
    """What a channel is asked to deliver. `phone` and `email` stay out of every log and error.

    spoken: for a call that asks for a key, what it says before it does; without it a call only says the body.
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
    """Why a message did not reach its person, and what that leaves to be tried.

    is_busy: a call met a line that another call holds. may_pass: the same text sent once more may arrive. may_call,
    is_ours, has_stopped: as for `errors.Permanent`.
    """

    why: str
    may_pass: bool = False
    may_call: bool = False
    is_ours: bool = False
    has_stopped: bool = False
    is_busy: bool = False


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a provider says of a message it has. `failure` explains a status of failure, where the provider did."""

    provider_id: str
    status: AttemptStatus
    error_code: int | None = None
    failure: DeliveryFailure | None = None


class Channel(Protocol):
    """One way to reach a person. Errors are `errors.DeliveryError`s and nothing else."""

    @property
    def name(self) -> str:
        """`twilio`, `outbox`."""

    async def send(self, message: Message) -> Receipt:
        """Hand it to the provider. Raises Temporary, Ambiguous or Permanent."""

    async def find(self, message: Message, *, since: datetime, ends_with: str, known: Sequence[str]) -> Receipt | None:
        """Ask the provider whether it has a message to this number whose text ends so, sent since (real time, UTC),
        and whose id is not `known`. None: it surely has not. Raises Temporary when it cannot be asked now."""

    async def status(self, provider_id: str) -> Receipt:
        """Ask what became of a message. Raises Temporary when it cannot be asked now."""

    async def close(self) -> None:
        """Let go of connections."""
