"""One transaction of the pager on a database, with all queries."""

from __future__ import annotations

from oncall.store.attempt_queries import ADD_ATTEMPT, SETTLE_ATTEMPT, UPDATE_ATTEMPT, AttemptQueries
from oncall.store.calendar_queries import CalendarQueries
from oncall.store.handoff_queries import HandoffQueries
from oncall.store.heartbeat_queries import HeartbeatQueries
from oncall.store.intake_queries import ADD_ARRIVAL, ADD_SENDER_KEY, UPDATE_SENDER_KEY, IntakeQueries
from oncall.store.notice_choice_queries import NoticeChoiceQueries
from oncall.store.pass_queries import PassQueries
from oncall.store.plan_draft_queries import PlanDraftQueries
from oncall.store.proof_queries import ProofQueries
from oncall.store.reachability_queries import ReachabilityQueries
from oncall.store.refusal_queries import RefusalQueries
from oncall.store.relay_queries import RelayQueries
from oncall.store.schedule_queries import ScheduleQueries
from oncall.store.sign_in_queries import SignInQueries
from oncall.store.status_queries import StatusQueries
from oncall.store.subscriber_queries import SubscriberQueries
from oncall.store.swap_queries import SwapQueries
from oncall.store.ticket_link_queries import TicketLinkQueries
from oncall.store.ticket_queries import ADD_EVENT, ADD_TICKET, UPDATE_TICKET, TicketQueries
from oncall.store.token_queries import TokenQueries
from oncall.store.urgent_queries import UrgentQueries

DEFERRABLE = (
    ADD_TICKET,
    UPDATE_TICKET,
    ADD_EVENT,
    ADD_ATTEMPT,
    SETTLE_ATTEMPT,
    UPDATE_ATTEMPT,
    ADD_SENDER_KEY,
    UPDATE_SENDER_KEY,
    ADD_ARRIVAL,
)
"""The writes that a group of jobs defers. Rows are written after the rows to which they refer."""


class SqlTransaction(
    ScheduleQueries,
    TicketQueries,
    AttemptQueries,
    UrgentQueries,
    PassQueries,
    ReachabilityQueries,
    TokenQueries,
    RefusalQueries,
    IntakeQueries,
    HeartbeatQueries,
    CalendarQueries,
    SwapQueries,
    RelayQueries,
    HandoffQueries,
    StatusQueries,
    SubscriberQueries,
    ProofQueries,
    SignInQueries,
    TicketLinkQueries,
    PlanDraftQueries,
    NoticeChoiceQueries,
):
    """The `paging.ports.Transaction` on one open connection. The store makes one for each piece of work.

    After a Conflict nothing of the work is stored, even if the work catches the error.
    """
