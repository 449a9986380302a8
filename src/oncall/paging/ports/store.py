"""The store that the pager needs: for each part its queries within a transaction, and the transactions themselves.

Each part of the pager takes the smallest protocol that is enough. A store implements `Transaction`, which joins them
all.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Protocol, TypeVar

from oncall.paging.ports.attempt_store import (
    AttemptClaims,
    AttemptLists,
    Attempts,
    HandoffLock,
    PagedTickets,
    SendQueue,
    SentMessages,
)
from oncall.paging.ports.calendar_links import CalendarLinks
from oncall.paging.ports.handoff_book import HandoffBook
from oncall.paging.ports.heartbeat_store import Heartbeats
from oncall.paging.ports.intake_store import ArrivalLog, SenderKeys
from oncall.paging.ports.notice_choices import NoticeChoices
from oncall.paging.ports.pass_store import PassQueries
from oncall.paging.ports.people_store import Alerts, Inbox, Pagers, ReachabilityLog, Tokens
from oncall.paging.ports.phone_proofs import PhoneProofs
from oncall.paging.ports.plan_drafts import PlanDrafts
from oncall.paging.ports.refusals import RefusalCounts
from oncall.paging.ports.relay import EventFeed, RelayReads
from oncall.paging.ports.schedule_store import PolicySources, Publishing, Schedules
from oncall.paging.ports.sign_in_store import SignIns
from oncall.paging.ports.subscribers import Subscribers
from oncall.paging.ports.swap_store import SwapRequests
from oncall.paging.ports.ticket_links import TicketLinks
from oncall.paging.ports.ticket_store import Codes, DueTickets, EventLog, TicketHistory, TicketLists, Tickets
from oncall.schedule.schedule import Schedule
from oncall.status.status_events import StatusLog
from oncall.status.ticket_incidents import TicketIncidents

T = TypeVar("T")


class OptOuts(Schedules, ReachabilityLog, Protocol):
    """Reads the people on the roster who opted out of texts."""


class OptOutNotes(OptOuts, Alerts, Protocol):
    """The queries that record an opt-out and alert the manager."""


class TicketReads(Schedules, Tickets, EventLog, Protocol):
    """Reads tickets, their logs, and the policies in force at a time."""


class BundleStore(TicketReads, Attempts, Protocol):
    """Reads tickets, logs and attempts, and changes attempts."""


class AttemptReads(Attempts, AttemptLists, Protocol):
    """Reads the attempts for one ticket and for all tickets."""


class TicketStore(BundleStore, Codes, SentMessages, OptOutNotes, NoticeChoices, Protocol):
    """The queries for work on a ticket: intake, ticket actions, escalation steps, failed pages."""


class ReplyStore(TicketStore, Inbox, PagedTickets, SwapRequests, PhoneProofs, Protocol):
    """The queries for replies by SMS."""


class SendStore(TicketStore, AttemptReads, AttemptClaims, SendQueue, PassQueries, Protocol):
    """The queries for sending: claims, rate limits, outcomes, receipts, alerts."""


class HandoffStore(Schedules, EventLog, Attempts, TicketLists, HandoffLock, Protocol):
    """The queries for handoff notices."""


class ReportingStore(Schedules, EventLog, TicketLists, HandoffBook, Protocol):
    """The queries for the report of a shift."""


class ReminderStore(OptOutNotes, NoticeChoices, PhoneProofs, Protocol):
    """The queries for reminders and phone proofs."""


class BriefingStore(ReportingStore, OptOutNotes, NoticeChoices, Protocol):
    """The queries for the briefing about the last shift."""

    def schedule_as_of(self, version: int) -> Schedule:
        """Return the schedule after the version with this number, without later versions."""


class ViewStore(BundleStore, TicketLists, RelayReads, Protocol):
    """The queries for tickets as JSON."""


class AuditStore(ViewStore, AttemptReads, Protocol):
    """The queries for the audit of tickets and attempts."""


class CustomerStore(Schedules, TicketHistory, Protocol):
    """Reads the tickets of customers and every spelling of their names."""


class ListingStore(ViewStore, CustomerStore, Protocol):
    """The queries for a list of the tickets of all customers or of one."""


class ReportStore(CustomerStore, EventLog, StatusLog, Protocol):
    """The queries for reports on the tickets of a span."""


class IntakeStore(TicketStore, SenderKeys, ArrivalLog, StatusLog, Protocol):
    """The queries for the signals of senders."""


class Transaction(
    ReplyStore,
    SendStore,
    HandoffStore,
    BriefingStore,
    ReminderStore,
    AuditStore,
    ReportStore,
    PolicySources,
    Publishing,
    DueTickets,
    Tokens,
    Pagers,
    RefusalCounts,
    SenderKeys,
    ArrivalLog,
    Heartbeats,
    CalendarLinks,
    SignIns,
    SwapRequests,
    EventFeed,
    Subscribers,
    TicketLinks,
    PlanDrafts,
    TicketIncidents,
    Protocol,
):
    """Everything that one transaction can read and write. Other transactions see its changes only after it commits."""


class Store(Protocol):
    """Runs functions (`work`) in transactions.

    A transaction may be retried, so `work` must have no effect outside of it.
    """

    def write(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` and return its result. Its changes are durable when this returns. Raises StoreUnavailable."""

    def read(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` on a consistent snapshot and return its result."""

    def submit(self, work: Callable[[Transaction], T]) -> Future[T]:
        """Queue `work`. Its changes are durable when the future has a result.

        Several functions may share one commit.
        """

    def submit_apart(self, work: Callable[[Transaction], T]) -> Future[T]:
        """Queue `work` that may take long. It shares a commit only if the store has just one writer."""
