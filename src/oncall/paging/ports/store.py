"""The store that the pager needs: the queries of each part in a transaction, and the transactions themselves.

Each part of the pager takes the smallest protocol that is enough. A store implements `Transaction`, which holds all.
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
    """Reads who on the roster opted out of texts."""


class OptOutNotes(OptOuts, Alerts, Protocol):
    """The queries that record an opt-out, with the alert to the manager."""


class TicketReads(Schedules, Tickets, EventLog, Protocol):
    """Reads tickets, their logs, and the policies that were in force."""


class BundleStore(TicketReads, Attempts, Protocol):
    """Reads tickets, logs and attempts, and changes attempts."""


class AttemptReads(Attempts, AttemptLists, Protocol):
    """Reads the attempts for one ticket and for all tickets."""


class TicketStore(BundleStore, Codes, SentMessages, OptOutNotes, NoticeChoices, Protocol):
    """Everything that work on a ticket needs: intake, ticket actions, steps, failed pages."""


class ReplyStore(TicketStore, Inbox, PagedTickets, SwapRequests, PhoneProofs, Protocol):
    """Everything that replies by SMS need."""


class SendStore(TicketStore, AttemptReads, AttemptClaims, SendQueue, PassQueries, Protocol):
    """Everything that sending needs: claims, rate limits, outcomes, receipts, alerts."""


class HandoffStore(Schedules, EventLog, Attempts, TicketLists, HandoffLock, Protocol):
    """The queries of handoff notices."""


class ReportingStore(Schedules, EventLog, TicketLists, HandoffBook, Protocol):
    """Reads what the report of a shift holds."""


class ReminderStore(OptOutNotes, NoticeChoices, PhoneProofs, Protocol):
    """Everything that reminders and phone proofs need."""


class BriefingStore(ReportingStore, OptOutNotes, NoticeChoices, Protocol):
    """The queries of the briefing about the last shift."""

    def schedule_as_of(self, version: int) -> Schedule:
        """Return the schedule that the versions up to this number made."""


class ViewStore(BundleStore, TicketLists, RelayReads, Protocol):
    """Everything that the JSON of tickets needs."""


class AuditStore(ViewStore, AttemptReads, Protocol):
    """Everything that the audit of tickets and attempts needs."""


class CustomerStore(Schedules, TicketHistory, Protocol):
    """Finds customers in every spelling of their names."""


class ListingStore(ViewStore, CustomerStore, Protocol):
    """Everything that a listing of tickets needs, of all customers or of one."""


class ReportStore(CustomerStore, EventLog, StatusLog, Protocol):
    """Everything that reports on the tickets of a span need."""


class IntakeStore(TicketStore, SenderKeys, ArrivalLog, StatusLog, Protocol):
    """Everything that the signals of senders need."""


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
    """Everything that can be read and written in one transaction. Nothing is visible to others before it commits."""


class Store(Protocol):
    """Runs work in transactions. A transaction may be retried, so work must have no effect outside its transaction."""

    def write(self, work: Callable[[Transaction], T]) -> T:
        """Run work and return its result; its writes are durable when this returns. Raises StoreUnavailable."""

    def read(self, work: Callable[[Transaction], T]) -> T:
        """Run work on a consistent snapshot and return its result."""

    def submit(self, work: Callable[[Transaction], T]) -> Future[T]:
        """Queue work; its writes are durable when the future resolves. Several pieces of work may share a commit."""

    def submit_apart(self, work: Callable[[Transaction], T]) -> Future[T]:
        """Queue work that may take long. It shares a commit only if the store has just one writer."""
