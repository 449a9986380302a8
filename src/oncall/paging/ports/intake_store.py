"""Protocols and values for what senders post: the log of arrivals, stored bodies, and the senders' own keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class ArrivalStatus(StrEnum):
    """The outcome of one request of a sender. The database stores these values."""

    TAKEN = "taken"
    """The content is stored as tickets and events, or it changed nothing for a reason that `outcome` gives."""
    FAILED = "failed"
    """A part could not be understood. The body is stored until a person replays or drops it."""
    REPLAYED = "replayed"
    """The request failed first, and a person replayed it with success."""
    DROPPED = "dropped"
    """The request failed, and a person dropped it."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One request of a sender, as the intake log stores it.

    at: real time, aware UTC. caller: the name of its token. sender: the kind of sender, such as `alertmanager`.
    outcome: a sentence for each signal. tickets: the ids of the tickets that it opened or changed. body: the raw bytes
    of a failure; None for other requests. is_cut: True if only the beginning of the body is stored. headers: the
    headers that are needed to read the body again.
    """

    id: str
    at: datetime
    caller: str
    sender: str
    path: str
    status: ArrivalStatus
    outcome: tuple[str, ...] = ()
    tickets: tuple[str, ...] = ()
    body: bytes | None = field(default=None, repr=False)
    is_cut: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SenderKey:
    """A sender's own key of a problem, with the ticket that it leads to.

    ticket: the ticket's id; None if the problem ended before it opened a ticket. opened: how many tickets the key has
    opened. impact: the last impact that the sender gave. has_ended: True if the sender reported the end of the problem.
    changed_at: real time, aware UTC. said_at: the time of the newest state that the sender reported, by the sender's
    clock, aware UTC; None: it gave no time.
    """

    caller: str
    sender: str
    key: str
    ticket: str | None
    opened: int
    impact: str | None
    has_ended: bool
    changed_at: datetime
    said_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class WaitingFailures:
    """The failures of one caller that a person must still replay or drop.

    waiting: how many there are. oldest: when the oldest came (real time, aware UTC).
    """

    caller: str
    waiting: int
    oldest: datetime


class SenderKeys(Protocol):
    """Reads and writes the senders' keys of problems."""

    def sender_key(self, caller: str, sender: str, key: str) -> SenderKey | None:
        """Return a sender's key and lock its row until the transaction ends; None if it is not stored."""

    def add_sender_key(self, key: SenderKey) -> None:
        """Insert a sender's key. Raises Conflict if it is already stored."""

    def latest_key(self, caller: str, sender: str, ticket: str) -> str | None:
        """Return the newest of this sender's keys that lead to a ticket; None if there is none.

        Only for the sender `mail` does an index make this fast.
        """

    def update_sender_key(self, key: SenderKey) -> None:
        """Update a stored key: write those of its columns that can change. Raises NotFound if the key is not stored."""


class ArrivalLog(Protocol):
    """Reads and writes the log of arrivals."""

    def add_arrival(self, arrival: Arrival) -> None:
        """Insert an arrival into the log."""

    def update_arrival(self, arrival: Arrival) -> None:
        """Update a stored arrival: write its status, outcome, tickets and body."""

    def arrival(self, arrival_id: str) -> Arrival | None:
        """Return an arrival with its body, and lock its row until the transaction ends; None if there is none."""

    def arrivals(
        self, *, limit: int, status: ArrivalStatus | None = None, caller: str | None = None, after: str | None = None
    ) -> list[Arrival]:
        """Return arrivals without their bodies, the newest first.

        after: the id of an arrival; only older ones are returned.
        """

    def failures_of(self, caller: str) -> tuple[int, datetime | None]:
        """Return how many failures of a caller a person must still replay or drop, and when the last one came.

        The time is real time, aware UTC; None if there is no failure.
        """

    def waiting_failures(self) -> list[WaitingFailures]:
        """Return the failures that a person must still replay or drop, counted for each caller."""

    def forget_arrivals(self, *, before: datetime) -> int:
        """Delete arrivals and ended keys from before an instant (real time). Returns the number of deleted rows.

        Failures that a person must still replay or drop are kept.
        """
