"""Refused requests: the reasons, and their counts in the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class RefusalReason(StrEnum):
    """Why the service refused a request."""

    TOKEN = "token"  # noqa: S105  # the name of a reason
    """There is no token, or the token is not known (401)."""
    ROLE = "role"
    """The caller's role may not do this (403)."""
    SIGNATURE = "signature"
    """The provider did not sign this request (403)."""
    BODY = "body"
    """The body or a field cannot be used (400, 413, 422)."""
    CONFLICT = "conflict"
    """The request contradicts what is stored, such as a ticket id with other content (409)."""
    UNKNOWN = "unknown"
    """The request names a ticket or a path that does not exist (404, 405)."""
    RATE = "rate"
    """The caller asks for more changes than its rate limit allows (503); it should send the request again later."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One refused request. at: real time, aware UTC.

    caller: the name of the token; empty if it is not known. source: the address that the request came from. detail: why
    it was refused, without a token or a phone number.
    """

    at: datetime
    reason: RefusalReason
    status: int
    caller: str
    source: str
    detail: str


@dataclass(frozen=True, slots=True)
class RefusalCount:
    """How many requests of one caller one process refused for one reason within one hour.

    worker: the process. hour: the start of the hour. last: the last refusal. accepted_at: when a request of this caller
    was accepted after that refusal; None if none was. All times are real time, aware UTC.
    """

    worker: str
    hour: datetime
    count: int
    last: Refusal
    accepted_at: datetime | None = None


class RefusalCounts(Protocol):
    """Stores the counts of refused requests."""

    def write_refusals(self, counts: Sequence[RefusalCount]) -> None:
        """Store counts. A count replaces the stored count of the same process, hour, caller and reason."""

    def refusals(self, *, since: datetime) -> list[RefusalCount]:
        """Return the counts of all processes for the hours that begin at or after `since` (real time)."""
