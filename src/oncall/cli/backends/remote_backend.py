"""Answers commands about tickets, the schedule, the policy and reports from a server."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from oncall.cli.backends.server_requests import ServerRequests
from oncall.cli.terminal.action_options import faults_by_option, given_fields
from oncall.errors import StoreUnavailable

if TYPE_CHECKING:
    from oncall.paging.actions.calendar_access import CalendarLinkView, CalendarUnlinkView
    from oncall.paging.actions.portal_sign_in import PortalLinkView
    from oncall.paging.actions.reminder_choices import ReminderChoiceView
    from oncall.paging.actions.sign_in import LoginLinkView
    from oncall.paging.actions.ticket_access import TicketLinkView, TicketUnlinkView
    from oncall.paging.actions.token_actions import WantedToken
    from oncall.paging.actions.token_requests import NewTokenView, RevokedTokenView, Rotation, TokenListView
    from oncall.paging.clocks.policy_in_force import PolicyInForceView
    from oncall.paging.domain.ticket_answer import TicketAnswer
    from oncall.paging.outgoing.handoff_view import HandoffView
    from oncall.paging.ports.records import TicketFilter
    from oncall.paging.ports.relay import RelayFilter
    from oncall.paging.relay.retrying import RelayListView, RelayView
    from oncall.paging.views.caller_view import CallerView
    from oncall.paging.views.ticket_view_types import (
        ExplainView,
        NotedActionView,
        TicketListView,
        TriageView,
        WholeTicketView,
    )
    from oncall.paging.watch.doctor_findings import DoctorReport
    from oncall.paging.watch.drill import DrillStarted
    from oncall.planning.views.diff_view import DiffView
    from oncall.planning.views.status_views import PlanStatusView
    from oncall.reports.duty_view_types import DutyReportView
    from oncall.reports.month import Month
    from oncall.reports.report_files import LoadAsked, ReviewAsked, SlaAsked
    from oncall.schedule.schedule import Schedule
    from oncall.schedule.schedule_view_types import (
        GapView,
        HistoryView,
        LocalAssignmentView,
        OnCallView,
        ScheduleView,
        TonightView,
        VersionListView,
        VersionView,
    )

_BROAD = timedelta(days=60)
"""A schedule of at least this length is kept so that it can answer for any part of its span while the server is away.
"""
REPORT_SECONDS = 180.0
"""The seconds to wait for a report: it may cover years of tickets, and a server writes one report at a time."""


class RemoteBackend(ServerRequests):
    """Answers from a server. Raises the server's refusals as errors with the text that the server gives."""

    def post_ticket(self, body: Mapping[str, object]) -> tuple[TicketAnswer, bool]:
        response = self._ask("POST", "/v1/tickets", body, self._patience)
        answer: TicketAnswer = self._content(response)
        return answer, response.status_code == 202

    def tickets(self, wanted: TicketFilter, since: str | None = None) -> TicketListView:
        query = {"state": ",".join(wanted.statuses), "limit": str(wanted.limit)}
        asked = {"owner": wanted.owner, "engineer": wanted.engineer, "since": since}
        query |= {name: value for name, value in asked.items() if value is not None}
        if wanted.customers:
            (query["customer"],) = wanted.customers
        if wanted.after is not None:
            query["after"] = wanted.after
        with faults_by_option():
            answer: TicketListView = self._call("GET", f"/v1/tickets?{urlencode(query)}")
        return answer

    def ticket(self, ticket_id: str) -> WholeTicketView:
        answer: WholeTicketView = self._call("GET", f"/v1/tickets/{quote(ticket_id, safe='')}")
        return answer

    def event(self, reference: str, body: Mapping[str, object]) -> NotedActionView:
        path = f"/v1/tickets/{quote(reference, safe='')}/events"
        with faults_by_option():
            answer: NotedActionView = self._call("POST", path, given_fields(body))
        return answer

    def explain(self, plan: str, impact: str, at: str | None) -> ExplainView:
        from oncall.cli.terminal.output import parse_time

        body = {"plan": plan, "impact": impact}
        if at is not None:
            body["at"] = parse_time("--at", at, self.zone()).isoformat()
        answer: ExplainView = self._call("POST", "/v1/explain", body)
        return answer

    def me(self) -> CallerView:
        """Return the name, the role and the engineer of the token that this command uses."""
        answer: CallerView = self._call("GET", "/v1/me")
        return answer

    def triage(self, answers: Mapping[str, object]) -> TriageView:
        answer: TriageView = self._call("POST", "/v1/triage", answers)
        return answer

    def examination(self, days: int) -> DoctorReport:
        """Return what the doctor finds on the server now, and never a kept answer."""
        answer: DoctorReport = self._content(self._ask("GET", f"/v1/doctor?days={days}", None, self._patience))
        return answer

    def start_drill(self, to: str | None, wait: int) -> DrillStarted:
        """Send a marked test page through the server's pager. to, wait: as for `Drilling.start`."""
        answer: DrillStarted = self._call(
            "POST", "/v1/drills", {"wait": wait, **({"to": to} if to is not None else {})}
        )
        return answer

    def calendar_link(self, engineer: str | None, *, is_team: bool) -> CalendarLinkView:
        answer: CalendarLinkView = self._call("POST", "/v1/calendar/links", _feed_fields(engineer, is_team=is_team))
        return answer

    def calendar_unlink(self, engineer: str | None, *, is_team: bool) -> CalendarUnlinkView:
        path = "/v1/calendar/links/revoke"
        answer: CalendarUnlinkView = self._call("POST", path, _feed_fields(engineer, is_team=is_team))
        return answer

    def tokens(self) -> TokenListView:
        answer: TokenListView = self._content(self._ask("GET", "/v1/tokens", None, self._patience))
        return answer

    def login_link(self, engineer: str) -> LoginLinkView:
        answer: LoginLinkView = self._call("POST", "/v1/login-links", {"engineer": engineer})
        return answer

    def portal_link(self, contact: str) -> PortalLinkView:
        answer: PortalLinkView = self._call("POST", "/v1/portal/links", {"contact": contact})
        return answer

    def ticket_link(self, reference: str) -> TicketLinkView:
        answer: TicketLinkView = self._call("POST", f"/v1/tickets/{quote(reference, safe='')}/links", {})
        return answer

    def ticket_unlink(self, reference: str) -> TicketUnlinkView:
        answer: TicketUnlinkView = self._call("POST", f"/v1/tickets/{quote(reference, safe='')}/links/revoke", {})
        return answer

    def create_token(self, wanted: WantedToken) -> NewTokenView:
        body = {"name": wanted.handle, "role": wanted.role, "may_acknowledge": wanted.may_acknowledge}
        more = {"scopes": list(wanted.scopes)} if wanted.scopes else {}
        answer: NewTokenView = self._call("POST", "/v1/tokens", {**body, **more, **_expires(wanted.last_day)})
        return answer

    def rotate_token(self, asked: Rotation) -> NewTokenView:
        body = {"name": asked.handle, "overlap_seconds": int(asked.overlap.total_seconds())}
        answer: NewTokenView = self._call("POST", "/v1/tokens/rotate", {**body, **_expires(asked.last_day)})
        return answer

    def revoke_token(self, handle: str) -> RevokedTokenView:
        answer: RevokedTokenView = self._call("POST", "/v1/tokens/revoke", {"name": handle})
        return answer

    def relay_messages(self, wanted: RelayFilter) -> RelayListView:
        query = {"limit": str(wanted.limit), "state": ",".join(wanted.states)}
        query |= {"to": wanted.to} if wanted.to is not None else {}
        query |= {"after": str(wanted.after)} if wanted.after is not None else {}
        answer: RelayListView = self._call("GET", f"/v1/webhooks?{urlencode(query)}")
        return answer

    def retry_relay_message(self, message_id: str) -> RelayView:
        answer: RelayView = self._call("POST", f"/v1/webhooks/{quote(message_id, safe='')}/retry")
        return answer

    def handoff(self, *, is_last: bool) -> HandoffView:
        answer: HandoffView = self._call("GET", f"/v1/handoff{'?last=true' if is_last else ''}")
        return answer

    def handoff_note(self, text: str, by: str | None) -> HandoffView:
        with faults_by_option():
            answer: HandoffView = self._call("POST", "/v1/handoff/notes", {"text": text} | given_fields({"by": by}))
        return answer

    def reminders(self, engineer: str | None, change: Mapping[str, object]) -> ReminderChoiceView:
        query = f"?{urlencode({'engineer': engineer})}" if engineer is not None else ""
        if not change:
            answer: ReminderChoiceView = self._call("GET", f"/v1/reminders{query}")
        else:
            answer = self._call("POST", "/v1/reminders", {**change, **given_fields({"engineer": engineer})})
        return answer

    def policy(self, at: str | None = None) -> PolicyInForceView:
        from oncall.cli.terminal.output import parse_time

        asked = f"?{urlencode({'at': parse_time('--at', at, self.zone()).isoformat()})}" if at is not None else ""
        answer: PolicyInForceView = self._call("GET", f"/v1/policy{asked}")
        return answer

    def sla_report(self, asked: SlaAsked) -> str:
        query = {"from": asked.first.isoformat(), "to": asked.last.isoformat(), "format": asked.form.value}
        query |= {"breaches": str(asked.breaches)}
        query |= {"width": str(asked.width)} if asked.width is not None else {}
        query |= {name: value for name, value in (("customer", asked.customer), ("plan", asked.plan)) if value}
        return self._read(f"/v1/reports/sla?{urlencode(query)}", REPORT_SECONDS)

    def review(self, asked: ReviewAsked) -> str:
        query = {"customer": asked.customer, "quarter": str(asked.quarter), "format": asked.form.value}
        return self._read(f"/v1/reports/qbr?{urlencode(query)}", REPORT_SECONDS)

    def load_report(self, asked: LoadAsked) -> str:
        query = {"from": asked.first.isoformat(), "to": asked.last.isoformat(), "format": asked.form.value}
        query |= {"width": str(asked.width)} if asked.width is not None else {}
        return self._read(f"/v1/reports/load?{urlencode(query)}", REPORT_SECONDS)

    def duty(self, month: Month) -> DutyReportView:
        answer: DutyReportView = self._content(
            self._ask("GET", f"/v1/reports/duty?month={month}", None, REPORT_SECONDS)
        )
        return answer

    def plan_status(self, days: int) -> PlanStatusView:
        answer: PlanStatusView = self._content(self._ask("GET", f"/v1/plan/status?days={days}", None, REPORT_SECONDS))
        return answer

    def oncall(self, at: datetime | None) -> OnCallView:
        """Return who is on call at an instant (aware); None: now, by the server's clock."""
        query = f"?{urlencode({'at': at.isoformat()})}" if at is not None else ""
        answer: OnCallView = self._call("GET", f"/v1/oncall{query}")
        return answer

    def tonight(self) -> TonightView:
        """Return who is on call tonight, by the server's clock, and the tickets whose hold ends tonight."""
        answer: TonightView = self._call("GET", "/v1/tonight")
        return answer

    def zone(self) -> ZoneInfo:
        """Return the policy's zone."""
        return ZoneInfo(str(self._now_view()["timezone"]))

    def now(self) -> datetime:
        """Return policy time (aware UTC) by the server's clock; while it is away, counted on from its last answer."""
        return datetime.fromisoformat(self._now_view()["at"]).astimezone(UTC) + self._now_age

    def _now_view(self) -> OnCallView:
        if self._seen_now is None:
            self._seen_now = self.oncall(None)
            self._now_age = self._age
        return self._seen_now

    def schedule(self, start: datetime, end: datetime) -> list[LocalAssignmentView]:
        """Return the assignments that overlap [start, end), aware UTC. The span may have any length."""
        return self.whole_schedule(start, end)["shifts"]

    def whole_schedule(self, start: datetime, end: datetime, engineer: str | None = None) -> ScheduleView:
        """Return the schedule in [start, end), aware UTC, of any length. engineer: only this engineer's shifts."""
        is_broad = end - start >= _BROAD
        broad = f"schedule of {engineer or 'all'}"
        question = broad if is_broad else f"{broad} {start.isoformat()} {end.isoformat()}"
        try:
            found = self._fetched_schedule(start, end, engineer)
        except StoreUnavailable as away:
            return self._kept_schedule(start, end, [question, broad], away)
        self._keep(question, json.dumps(found))
        return found

    def _kept_schedule(
        self, start: datetime, end: datetime, questions: Sequence[str], away: StoreUnavailable
    ) -> ScheduleView:
        """Return the schedule in [start, end) from the first kept answer that covers `start`.

        Raises `away` if no kept answer does. questions: the questions whose kept answers may be used.
        """
        for question in questions:
            kept: ScheduleView | None = self._kept_content(question, away)
            if kept is not None and datetime.fromisoformat(kept["from"]) <= start:
                return _part_of(kept, start, end)
        raise away

    def _fetched_schedule(self, start: datetime, end: datetime, engineer: str | None) -> ScheduleView:
        shifts: dict[tuple[str, str, str], LocalAssignmentView] = {}
        gaps: dict[tuple[str, str], GapView] = {}
        first: ScheduleView | None = None
        while first is None or start < end:
            stop = min(start + timedelta(days=800), end)
            asked = {"from": start.isoformat(), "to": stop.isoformat()} | ({"engineer": engineer} if engineer else {})
            path = f"/v1/schedule?{urlencode(asked)}"
            part: ScheduleView = self._content(self._ask("GET", path, None, self._patience))
            first, last, start = first or part, part, stop
            shifts |= {(shift["start"], shift["role"], shift["engineer"]): shift for shift in part["shifts"]}
            gaps |= {(gap["start"], gap["role"]): gap for gap in part["gaps"]}
        return {**first, "to": last["to"], "shifts": list(shifts.values()), "gaps": list(gaps.values())}

    def difference(self, before: str, after: str) -> DiffView:
        """Return what differs between two versions. before, after: the number of a version, or `published`."""
        query = urlencode({"from": before, "to": after})
        answer: DiffView = self._call("GET", f"/v1/schedule/diff?{query}")
        return answer

    def published_schedule(self, version: int | None = None) -> Schedule | None:
        """Return the whole schedule with masked phone numbers; None if nothing is published. Raises StoreError.

        version: return the schedule as it was when this version was the newest; None: as it is now.
        """
        from oncall.schedule.shared_versions import schedule_of_shared

        return schedule_of_shared(self._call("GET", "/v1/schedule/documents"), version)

    def history(self, *, at_once: int = 1000) -> HistoryView:
        """Return every version of the schedule. at_once: how many versions to read with one request."""
        versions: list[VersionView] = []
        following: int | None = 0
        while following is not None:
            page: VersionListView = self._call("GET", f"/v1/schedule/versions?limit={at_once}&after={following}")
            versions += page["versions"]
            following = page["next"]
        return {"versions": versions}


def _part_of(kept: ScheduleView, start: datetime, end: datetime) -> ScheduleView:
    """Return the part of a kept schedule in [start, end), with each shift and gap that overlaps it.

    If the kept schedule ends before `end`, the part ends there, too.
    """
    zone = ZoneInfo(kept["timezone"])
    last = min(datetime.fromisoformat(kept["to"]), end)
    return {
        **kept,
        "from": start.astimezone(zone).isoformat(),
        "to": last.astimezone(zone).isoformat(),
        "shifts": [each for each in kept["shifts"] if _touches(each["start"], each["end"], start, end)],
        "gaps": [each for each in kept["gaps"] if _touches(each["start"], each["end"], start, end)],
    }


def _touches(first: str, last: str, start: datetime, end: datetime) -> bool:
    return datetime.fromisoformat(first) < end and start < datetime.fromisoformat(last)


def _expires(last_day: date | None) -> Mapping[str, object]:
    return {"expires": last_day.isoformat()} if last_day is not None else {}


def _feed_fields(engineer: str | None, *, is_team: bool) -> Mapping[str, object]:
    return {"team": True} if is_team else given_fields({"engineer": engineer})
