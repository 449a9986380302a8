"""Values that the pager and the store exchange."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from oncall.paging.domain.ticket import TicketStatus
from oncall.support.windows import Window


@dataclass(frozen=True, slots=True)
class TicketFilter:
    """Which tickets a list shows. Each field that is set narrows the list.

    customers: every spelling of one customer's name; empty for all customers. after: the last id of the previous part
    of the list. owner: only tickets that this person owns. engineer: only tickets that this person owns or was paged
    for. since: only tickets received from this instant on (aware UTC); with `engineer`, also those for which they were
    paged from then on. held: only tickets whose hold ends in this window.
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
    """Which tickets a report reads: those received in [start, end), aware UTC.

    customers: every spelling of one customer's name; empty for all customers. plan: only tickets of this plan; None: of
    all plans. after: the last id of the previous part, when the tickets are read in parts of `limit`.
    """

    start: datetime
    end: datetime
    customers: tuple[str, ...] = ()
    plan: str | None = None
    after: str | None = None
    limit: int = 1000


@dataclass(frozen=True, slots=True)
class NewVersion:
    """The next version of the schedule, before it is stored. at: policy time.

    kind: `publish`, `override`, `swap`, `cover`, `away` or `undo`. document: the version's JSON object, built by
    `schedule.change_document` or `schedule.version_document`. sources: for a publication, its texts by key: `roster`,
    `policy`, `policy_source` (the file's name), `policy_zone`, and `customers` if the policy names a file of customers.
    undoes: the number of the version that an undo takes back.
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
    """One SMS that a person sent to us. at: policy time, aware UTC. answer: the text that we sent back.

    provider_id: unique. If the provider delivers the SMS again, nothing changes and the same answer is returned.
    is_unhelpful: True if the SMS had no effect.
    """

    provider_id: str
    at: datetime
    by: str
    body: str
    answer: str
    is_unhelpful: bool = False


@dataclass(frozen=True, slots=True)
class SentText:
    """A text that was sent from our number. at: policy time, aware UTC."""

    at: datetime
    text: str
