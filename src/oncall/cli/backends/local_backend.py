"""Answers commands about tickets, the policy and reports from the database of this machine."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from oncall.cli.terminal.action_options import faults_by_option, given_fields
from oncall.cli.terminal.named_author import check_author
from oncall.errors import Refused

if TYPE_CHECKING:
    from oncall.paging.actions.calendar_access import CalendarLinkView, CalendarUnlinkView
    from oncall.paging.actions.portal_sign_in import PortalLinkView
    from oncall.paging.actions.reminder_choices import ReminderChoiceView
    from oncall.paging.actions.sign_in import LoginLinkView
    from oncall.paging.actions.ticket_access import TicketLinkView, TicketUnlinkView
    from oncall.paging.actions.ticket_action import TicketAction
    from oncall.paging.clocks.policy_in_force import PolicyInForceView
    from oncall.paging.domain.ticket_answer import TicketAnswer
    from oncall.paging.outgoing.handoff_view import HandoffView
    from oncall.paging.outgoing.new_attempts import ActionContext
    from oncall.paging.ports.records import TicketFilter
    from oncall.paging.ports.relay import RelayFilter
    from oncall.paging.ports.store import Transaction
    from oncall.paging.ports.time_source import Clock
    from oncall.paging.relay.retrying import RelayListView, RelayView
    from oncall.paging.views.ticket_view_types import (
        ExplainView,
        Note,
        NotedActionView,
        TicketListView,
        TriageView,
        WholeTicketView,
    )
    from oncall.planning.views.status_views import PlanStatusView
    from oncall.reports.duty_view_types import DutyReportView
    from oncall.reports.month import Month
    from oncall.reports.report_files import LoadAsked, ReviewAsked, SlaAsked
    from oncall.store.sql_store import SqlStore

_BY_OTHERS = ("acknowledged", "customer_replied")
"""The kinds of events whose author is not checked here: another check does it, or the author is not on the roster."""
_STRANGER = (
    'your user name "{user}" is on no published roster, so SLA warnings go to the engineer on call; '
    "name an engineer with --by"
)


class LocalBackend:
    """Answers from the database of this machine. Queues pages for the pager that uses this database."""

    def __init__(self, store: SqlStore, clock: Clock, user: str, *, public_url: str) -> None:
        self._store, self._clock, self._user, self._public_url = store, clock, user, public_url

    def post_ticket(self, body: Mapping[str, object]) -> tuple[TicketAnswer, bool]:
        from oncall.paging.actions.intake import accept_posted

        context = self._context()
        accepted = self._store.write(lambda tx: accept_posted(tx, body, context))
        return accepted.answer, accepted.is_new

    def tickets(self, wanted: TicketFilter, since: str | None = None) -> TicketListView:
        from oncall.paging.views.ticket_views import listing_view

        now = self._clock.now()
        with faults_by_option():
            return self._store.read(lambda tx: listing_view(tx, wanted, now, since=since))

    def ticket(self, ticket_id: str) -> WholeTicketView:
        from oncall.paging.actions.ticket_references import find_ticket
        from oncall.paging.views.ticket_views import stored_whole_view

        now = self._clock.now()
        return self._store.read(lambda tx: stored_whole_view(tx, find_ticket(tx, ticket_id), now))

    def event(self, reference: str, body: Mapping[str, object]) -> NotedActionView:
        from oncall.paging.actions.posted_action import action_from
        from oncall.paging.actions.record_action import record_by_reference
        from oncall.paging.views.ticket_views import action_view

        context = self._context()
        with faults_by_option():
            action = action_from(given_fields(body), caller=self._user, now=context.now)

        def work(tx: Transaction) -> NotedActionView:
            if body.get("by") and action.kind.value not in _BY_OTHERS:
                check_author(str(body["by"]), tx.schedule())
            done = record_by_reference(tx, reference, action, context)
            unknown = not body.get("by") and not done.ticket.ticket.is_drill and _is_a_stranger(tx, action)
            note: Note = {"note": _STRANGER.format(user=action.by[:40])} if unknown else {}
            return {**action_view(done), **note}

        return self._store.write(work)

    def explain(self, plan: str, impact: str, at: str | None) -> ExplainView:
        from oncall.cli.terminal.output import parse_time
        from oncall.paging.views.ticket_views import explain_view

        def work(tx: Transaction) -> ExplainView:
            zone = tx.schedule().calendar.zone
            moment = parse_time("--at", at, zone) if at is not None else self._clock.now()
            return explain_view(plan, impact, tx.policy_at(moment), tx.schedule(), moment)

        return self._store.read(work)

    def triage(self, answers: Mapping[str, object]) -> TriageView:
        from oncall.paging.views.ticket_views import triage_view

        return self._store.read(lambda tx: triage_view(answers, tx.policy_at(self._clock.now())))

    def relay_messages(self, wanted: RelayFilter) -> RelayListView:
        """Return the messages to webhooks and team channels that the filter selects."""
        from oncall.paging.relay.retrying import relay_list

        return self._store.read(lambda tx: relay_list(tx, wanted))

    def retry_relay_message(self, message_id: str) -> RelayView:
        """Make a message to a webhook or team channel due now, and return it."""
        from oncall.paging.relay.retrying import retry

        real_now = self._clock.real_now()
        return self._store.write(lambda tx: retry(tx, message_id, real_now=real_now))

    def policy(self, at: str | None = None) -> PolicyInForceView:
        from oncall.cli.terminal.output import parse_time
        from oncall.paging.clocks.policy_in_force import published_policy_view

        def work(tx: Transaction) -> PolicyInForceView:
            zone = tx.schedule().calendar.zone
            moment = parse_time("--at", at, zone) if at is not None else self._clock.now()
            return published_policy_view(tx, moment)

        return self._store.read(work)

    def sla_report(self, asked: SlaAsked) -> str:
        from oncall.reports.report_files import sla_written

        now = self._clock.now()
        return self._store.read(lambda tx: sla_written(tx, asked, now))

    def review(self, asked: ReviewAsked) -> str:
        from oncall.reports.report_files import review_written

        now = self._clock.now()
        return self._store.read(lambda tx: review_written(tx, asked, now))

    def load_report(self, asked: LoadAsked) -> str:
        from oncall.reports.report_files import load_written

        now = self._clock.now()
        return self._store.read(lambda tx: load_written(tx, asked, now))

    def duty(self, month: Month) -> DutyReportView:
        from oncall.reports.duty_month import duty_view

        now = self._clock.now()
        return self._store.read(lambda tx: duty_view(tx, month, now))

    def calendar_link(self, engineer: str | None, *, is_team: bool) -> CalendarLinkView:
        from oncall.paging.actions.calendar_access import make_link

        owner, now = self._feed_of(engineer, is_team=is_team), self._clock.real_now()
        path = self._store.write(lambda tx: make_link(tx, owner, by=self._user, real_now=now))
        return {"engineer": owner, "url": self._public_url + path}

    def login_link(self, engineer: str) -> LoginLinkView:
        from oncall.paging.actions.sign_in import make_login_link

        now, address, user = self._clock.real_now(), self._public_url.rstrip("/"), self._user
        return self._store.write(lambda tx: make_login_link(engineer, tx, by=user, public_url=address, real_now=now))

    def ticket_link(self, reference: str) -> TicketLinkView:
        from oncall.paging.actions.ticket_access import make_ticket_link

        now, address, user = self._clock.real_now(), self._public_url, self._user
        return self._store.write(lambda tx: make_ticket_link(tx, reference, by=user, public_url=address, real_now=now))

    def ticket_unlink(self, reference: str) -> TicketUnlinkView:
        from oncall.paging.actions.ticket_access import revoke_ticket_links

        return self._store.write(lambda tx: revoke_ticket_links(tx, reference))

    def portal_link(self, contact: str) -> PortalLinkView:
        from oncall.paging.actions.portal_sign_in import make_portal_link

        real_now, now, address, user = self._clock.real_now(), self._clock.now(), self._public_url, self._user
        return self._store.write(
            lambda tx: make_portal_link(tx, tx.policy_at(now), contact, by=user, public_url=address, real_now=real_now)
        )

    def calendar_unlink(self, engineer: str | None, *, is_team: bool) -> CalendarUnlinkView:
        from oncall.paging.actions.calendar_access import revoke_links

        owner = self._feed_of(engineer, is_team=is_team)
        return self._store.write(lambda tx: revoke_links(tx, owner))

    def handoff(self, *, is_last: bool) -> HandoffView:
        from oncall.paging.actions.handoff_notes import shift_view

        context = self._context()
        return self._store.read(lambda tx: shift_view(tx, context, is_last=is_last))

    def handoff_note(self, text: str, by: str | None) -> HandoffView:
        from oncall.paging.actions.handoff_notes import add_note, note_from

        context = self._context()
        with faults_by_option():
            written, author = note_from({"text": text, "by": by}, caller=self._user)
        if by is not None:
            check_author(by, self._store.read(lambda tx: tx.schedule()))
        return self._store.write(lambda tx: add_note(tx, written, author, context))

    def reminders(self, engineer: str | None, change: Mapping[str, object]) -> ReminderChoiceView:
        from oncall.paging.actions.reminder_choices import choice_from, choice_view, save_choice

        person = engineer or self._user
        if not change:
            return self._store.read(lambda tx: choice_view(tx, person))
        return self._store.write(lambda tx: save_choice(tx, person, choice_from(change)))

    def _feed_of(self, engineer: str | None, *, is_team: bool) -> str | None:
        """Return the id of the engineer whose calendar is meant; None for the team's calendar.

        engineer: None for the engineer at this terminal.
        """
        if is_team:
            return None
        if engineer is not None:
            return engineer
        if self._user not in self._store.read(lambda tx: tx.schedule()).people:
            from oncall.cli.backends.server import OWN_ID

            raise Refused(f"whose calendar? name an engineer, {OWN_ID}")
        return self._user

    def plan_status(self, days: int) -> PlanStatusView:
        from oncall.planning.published.plan_status import plan_status
        from oncall.planning.views.status_views import plan_status_view

        now = self._clock.now()
        return plan_status_view(self._store.read(lambda tx: plan_status(tx, now, days)))

    def last_beat(self) -> tuple[datetime, str] | None:
        """Return the time (real time, aware UTC) and the channel of the newest heartbeat of any pager; None before the
        first one.
        """
        return self._store.read(lambda tx: tx.last_beat())

    def _context(self) -> ActionContext:
        from oncall.paging.outgoing.new_attempts import ActionContext, whole_second

        return ActionContext(self._user, whole_second(self._clock.now()), self._clock.real_now())


def _is_a_stranger(tx: Transaction, action: TicketAction) -> bool:
    """Return True if the new owner would be a person on no roster, whom no SLA warning could reach."""
    people = tx.schedule().people
    return action.kind.value == "acknowledged" and bool(people) and action.by not in people
