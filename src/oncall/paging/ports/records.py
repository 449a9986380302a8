"""Values that pass between the core and the store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from oncall.paging.domain.ticket import TicketStatus
from oncall.support.windows import Window


@dataclass(frozen=True, slots=True)
class TicketFilter:
    """The filter of a listing of tickets.

    customers: the names of one customer in every spelling that tickets have; empty for all customers.
    after: the last id of the page before. owner: tickets that this person owns. engineer: tickets that this person owns
    or was paged for. since: tickets received from this instant on (aware UTC), and those for which `engineer` was paged
    from then on. held: tickets whose hold ends in this window.
    """

    statuses: tuple[TicketStatus, ...] = ()
    customers: tuple[str, ...] = ()
    after: str | None = None
    limit: int = 100
    owner: str | None = None
    engineer: str | None = None
    since: datetime | None = None
    held: Window | None = None


@dataclass(frozen=True, slots=True)
class TicketSpan:
    """The filter of a report's tickets: those received in [start, end), aware UTC, of a customer or plan when named.

    customers: the customer's name in every spelling that its tickets have; empty for all customers.
    after: the last id of the page before, for paging on.
    """

    start: datetime
    end: datetime
    customers: tuple[str, ...] = ()
    plan: str | None = None
    after: str | None = None
    limit: int = 1000


@dataclass(frozen=True, slots=True)
class NewVersion:
    """A change of the schedule, to be appended. `at` is policy time.

    kind: one of `schedule.change_document`. document: as that module or `schedule.version_document` makes it. sources:
    for a publication, its texts by key: `roster`, `policy`, `policy_source` (the file's name), `policy_zone`, and
    `customers` where the policy names their file. undoes: the version that an undo takes back.
    """

    at: datetime
    kind: str
    by: str
    reason: str
    document: Mapping[str, object]
    sources: Mapping[str, str] = field(default_factory=dict)
    undoes: int | None = None


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """One SMS that a person sent to us. `provider_id` is unique: a replay changes nothing and gets the same answer.

    is_unhelpful: the text did nothing, and its answer said so or was left out.
    """

    provider_id: str
    at: datetime
    by: str
    body: str
    answer: str
    is_unhelpful: bool = False


@dataclass(frozen=True, slots=True)
class SentText:
    """A text that went out of our number: when (policy time, aware UTC), and what it said."""

    at: datetime
    text: str
