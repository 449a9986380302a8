"""Signals: what a sender says about one problem, in our words, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from oncall.errors import Refused
from oncall.paging.domain.ticket import Attempt
from oncall.paging.ports.callers import Token


class SignalKind(StrEnum):
    """The kind of a sender's statement about a problem."""

    TRIGGER = "trigger"
    """The problem exists. The signal opens a ticket, or updates the open one."""
    CHANGE = "change"
    """The sender gives the problem another severity.

    The signal changes the impact of an open ticket, and opens none.
    """
    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"
    NOTE = "note"
    EVENT = "event"
    """Something happened on a ticket. `event` has the form of `POST /v1/tickets/ID/events`."""


@dataclass(frozen=True, slots=True)
class Signal:
    """A sender's statement about one problem.

    key: the sender's own key of the problem, any text. labels: for the routing table, by name; `customer`, `plan`,
    `impact`, `severity`, `email` and `tags` are among them if the sender gives them. at: when the problem began, aware
    UTC. by: the person who acted, as the sender names them. why: a sentence for the log. is_episode: the key identifies
    one occurrence, so nothing opens a ticket again after the sender has ended it. ticket_id: the id that the ticket
    must have; None: one is made from the key. A ticket with a given id is never opened a second time. event: the body
    of an EVENT. more: further fields of the posted ticket, like `contact` and `triage`. said_at: the time of the
    reported state, by the sender's clock; a signal that is older than the newest known one changes nothing. sent_id:
    identifies this statement, so that a retry changes nothing. is_followed: the sender owns the ticket, so a lower
    impact counts, too, and the sender may reopen a ticket that it ended. reasons: sentences with which the verdict
    begins. problem: the sender's name for the problem in all its occurrences; empty if that is the key.
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
    """The signals in one request. faults: one sentence for each part that cannot be understood."""

    signals: tuple[Signal, ...] = ()
    faults: tuple[str, ...] = ()


class Unreadable(Refused):
    """Raised for a body that cannot be understood at all. The message is a sentence that lacks its subject."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a signal comes from. sender: the kind of sender, like `alertmanager`.

    prefix: how its tickets' ids begin.
    """

    caller: Token
    sender: str
    prefix: str


class Became(StrEnum):
    """What became of a signal."""

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
    """The result of one signal. ticket: the ticket's id; None if the signal concerns no ticket.

    attempts: the new attempts to send. action: for a new ticket, the action of the verdict.
    """

    became: Became
    ticket: str | None
    why: str
    attempts: tuple[Attempt, ...] = ()
    action: str | None = None

    @property
    def words(self) -> str:
        """Return the result as one line for the intake log."""
        name = f"{self.ticket} " if self.ticket is not None else ""
        return f"{name}{self.became.value}: {self.why}" if self.why else f"{name}{self.became.value}"
