"""Protocols and values for what senders posted: the log of arrivals, kept bodies, and the senders' own keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class ArrivalStatus(StrEnum):
    """The outcome of one request of a sender. Databases hold these values."""

    TAKEN = "taken"
    """Its content is stored as tickets and events, or changed nothing for a reason that `outcome` gives."""
    FAILED = "failed"
    """Some of it could not be understood. The body is kept until a person replays or drops it."""
    REPLAYED = "replayed"
    """It failed first, and a person replayed it with success."""
    DROPPED = "dropped"
    """It failed, and a person dropped it."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One request of a sender, as the intake log keeps it.

    at: real time, aware UTC. caller: the name of its token. sender: the kind of sender, like `alertmanager`. outcome: a
    sentence for each signal. tickets: the ids of the tickets that it was about. body: the raw bytes, for a failure
    only. is_cut: only the beginning of the body is kept. headers: the headers that are needed to read the body again.
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
    """A sender's own key of a problem, and the ticket that it leads to.

    ticket: None if the key ended before it opened a ticket. opened: how many tickets the key has opened. impact: the
    last impact that the sender gave. has_ended: the sender reported the end of the problem. changed_at: real time,
    aware UTC. said_at: the sender's own time of the newest state that it reported, aware UTC; None: it gave none.
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
    """The failures of one caller that no person has dealt with. oldest: when the oldest came (real time, aware UTC)."""

    caller: str
    waiting: int
    oldest: datetime


class SenderKeys(Protocol):
    """Reads and writes the senders' keys."""

    def sender_key(self, caller: str, sender: str, key: str) -> SenderKey | None:
        """Return the key and lock its row until the transaction ends; None if it is not stored."""

    def add_sender_key(self, key: SenderKey) -> None:
        """Insert a key. Raises Conflict if it is stored already."""

    def latest_key(self, caller: str, sender: str, ticket: str) -> str | None:
        """Return the newest of this sender's keys that lead to a ticket; None if there is none. Indexed for `mail`
        only.
        """

    def update_sender_key(self, key: SenderKey) -> None:
        """Store the columns of a key that can change. Raises NotFound for a key that is not stored."""


class ArrivalLog(Protocol):
    """Reads and writes the log of arrivals."""

    def add_arrival(self, arrival: Arrival) -> None:
        """Insert an arrival."""

    def update_arrival(self, arrival: Arrival) -> None:
        """Store the status, the outcome, the tickets and the body of an arrival."""

    def arrival(self, arrival_id: str) -> Arrival | None:
        """Return an arrival with its body, and lock its row until the transaction ends; None if there is none."""

    def arrivals(
        self, *, limit: int, status: ArrivalStatus | None = None, caller: str | None = None, after: str | None = None
    ) -> list[Arrival]:
        """Return the latest arrivals without their bodies, the newest first. after: only those older than this one."""

    def failures_of(self, caller: str) -> tuple[int, datetime | None]:
        """Return how many failures of a caller wait for a person, and when (real time) the last one came."""

    def waiting_failures(self) -> list[WaitingFailures]:
        """Return the failures that no person has dealt with, by caller."""

    def forget_arrivals(self, *, before: datetime) -> int:
        """Delete older arrivals, except failures that wait for a person, and keys that ended earlier. before: real
        time. Returns the number of deleted rows.
        """
