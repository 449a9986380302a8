"""Signals: a sender's statement about one problem in our words, and its outcome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from oncall.errors import Refused
from oncall.paging.domain.ticket import Attempt
from oncall.paging.ports.callers import Token


class SignalKind(StrEnum):
    """What a sender says about a problem."""

    TRIGGER = "trigger"
    """The problem exists: it opens a ticket, or updates the one that is open."""
    CHANGE = "change"
    """The sender gives the problem another severity. It changes the impact of an open ticket, and opens none."""
    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"
    NOTE = "note"
    EVENT = "event"
    """An event of a ticket, in the form of `POST /v1/tickets/ID/events`."""


@dataclass(frozen=True, slots=True)
class Signal:
    """What a sender says about one problem.

    key: the sender's own key of the problem, any text. labels: what the routing table reads, by name; also `customer`,
    `plan`, `impact`, `severity`, `email` and `tags` if the sender gives them. at: when the problem began, aware UTC.
    by: the person who acted, as the sender names them. why: a sentence for the log. is_episode: the key names one
    occurrence, so that nothing opens a ticket again after the sender has ended it. ticket_id: the id that the ticket
    must have; None: one is made from the key. A ticket with a given id is never opened a second time. event: the body
    of an EVENT. more: further fields of the posted ticket, like `contact` and `triage`. said_at: the time of the
    reported state, by the sender's clock; a signal with an older time than the newest known one changes nothing.
    sent_id: names this statement, so that a retry of it changes nothing. is_followed: the sender owns the ticket, so
    that its impact counts also where it is lower, and it may reopen a ticket that it ended. reasons: sentences that the
    verdict begins with. problem: the sender's name for the problem in all its occurrences; empty if that is the key.
    """

    kind: SignalKind
    key: str
    labels: Mapping[str, str] = field(default_factory=dict)
    subject: str = ""
    url: str | None = None
    at: datetime | None = None
    by: str = ""
    why: str = ""
    is_episode: bool = False
    ticket_id: str | None = None
    event: Mapping[str, object] | None = None
    more: Mapping[str, object] = field(default_factory=dict)
    said_at: datetime | None = None
    sent_id: str = ""
    is_followed: bool = False
    reasons: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """The signals that were read from one request. faults: a sentence for each part that cannot be understood."""

    signals: tuple[Signal, ...] = ()
    faults: tuple[str, ...] = ()


class Unreadable(Refused):
    """Raised for a body of which nothing can be understood. The message is a sentence that lacks its subject."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a signal comes from. sender: the kind of sender, like `alertmanager`. prefix: the beginning of its tickets'
    ids.
    """

    caller: Token
    sender: str
    prefix: str


class Became(StrEnum):
    """The outcome of a signal."""

    OPENED = "opened"
    UPDATED = "updated"
    RAISED = "raised"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    RECORDED = "recorded"
    NOTED = "noted"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class Taken:
    """The result of one signal. ticket: None if it is about no ticket. attempts: the new attempts to send.

    action: the verdict's action, for a new ticket.
    """

    became: Became
    ticket: str | None
    why: str
    attempts: tuple[Attempt, ...] = ()
    action: str | None = None

    @property
    def words(self) -> str:
        """Return the outcome as one line of the intake log."""
        name = f"{self.ticket} " if self.ticket is not None else ""
        return f"{name}{self.became.value}: {self.why}" if self.why else f"{name}{self.became.value}"
