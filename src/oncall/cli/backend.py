"""Where the terminal's questions go: the database of this machine, or a server (`ONCALL_SERVER`)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from oncall.errors import Conflict, NotFound, OncallError, Refused, StoreUnavailable

if TYPE_CHECKING:
    import httpx

    from oncall.paging.actions.ticket_action import TicketAction
    from oncall.paging.clocks.policy_in_force import PolicyInForceView
    from oncall.paging.domain.ticket_answer import TicketAnswer
    from oncall.paging.outgoing.new_attempts import ActionContext
    from oncall.paging.ports.clock import Clock
    from oncall.paging.ports.records import TicketFilter
    from oncall.paging.ports.store import Transaction
    from oncall.paging.views.ticket_view_types import (
        ExplainView,
        Note,
        NotedActionView,
        TicketListView,
        TriageView,
        WholeTicketView,
    )
    from oncall.paging.watch.doctor_findings import DoctorReport
    from oncall.paging.watch.drill import DrillStarted
    from oncall.reports.report_files import ReviewAsked, SlaAsked
    from oncall.schedule.schedule_view_types import LocalAssignmentView, OnCallView, ScheduleView
    from oncall.store.sql_store import SqlStore
    from oncall.wiring import Settings


class LocalBackend:
    """The database of this machine. Pages that become due are queued for the pager that runs on it."""

    def __init__(self, store: SqlStore, clock: Clock, user: str) -> None:
        self._store, self._clock, self._user = store, clock, user

    def post_ticket(self, body: Mapping[str, object]) -> tuple[TicketAnswer, bool]:
        from oncall.paging.actions.intake import accept_posted

        context = self._context()
        accepted = self._store.write(lambda tx: accept_posted(tx, body, context))
        return accepted.answer, accepted.is_new

    def tickets(self, wanted: TicketFilter) -> TicketListView:
        from oncall.paging.views.ticket_views import listing_view

        now = self._clock.now()
        with _faults_by_option():
            return self._store.read(lambda tx: listing_view(tx, wanted, now))

    def ticket(self, ticket_id: str) -> WholeTicketView:
        from oncall.paging.actions.record_action import find_ticket
        from oncall.paging.views.ticket_views import stored_whole_view

        now = self._clock.now()
        return self._store.read(lambda tx: stored_whole_view(tx, find_ticket(tx, ticket_id), now))

    def event(self, reference: str, body: Mapping[str, object]) -> NotedActionView:
        from oncall.paging.actions.posted_action import action_from
        from oncall.paging.actions.record_action import record_by_reference
        from oncall.paging.views.ticket_views import action_view

        context = self._context()
        with _faults_by_option():
            action = action_from(_given(body), caller=self._user, now=context.now)

        def work(tx: Transaction) -> NotedActionView:
            done = record_by_reference(tx, reference, action, context)
            unknown = not body.get("by") and not done.ticket.ticket.is_drill and _is_a_stranger(tx, action)
            note: Note = {"note": _STRANGER.format(user=action.by[:40])} if unknown else {}
            return {**action_view(done), **note}

        return self._store.write(work)

    def explain(self, plan: str, impact: str, at: str | None) -> ExplainView:
        from oncall.cli.output import parse_time
        from oncall.paging.views.ticket_views import explain_view

        def work(tx: Transaction) -> ExplainView:
            policy, schedule = tx.policy(), tx.schedule()
            moment = parse_time("--at", at, policy.zone) if at is not None else self._clock.now()
            return explain_view(plan, impact, policy, schedule, moment)

        return self._store.read(work)

    def triage(self, answers: Mapping[str, object]) -> TriageView:
        from oncall.paging.views.ticket_views import triage_view

        return self._store.read(lambda tx: triage_view(answers, tx.policy()))

    def policy(self) -> PolicyInForceView:
        from oncall.paging.clocks.policy_in_force import published_policy_view

        return self._store.read(published_policy_view)

    def sla_report(self, asked: SlaAsked) -> str:
        from oncall.reports.report_files import sla_written

        now = self._clock.now()
        return self._store.read(lambda tx: sla_written(tx, asked, now))

    def review(self, asked: ReviewAsked) -> str:
        from oncall.reports.report_files import review_written

        now = self._clock.now()
        return self._store.read(lambda tx: review_written(tx, asked, now))

    def last_beat(self) -> tuple[datetime, str] | None:
        """When (real time) a pager on this database last said that it is alive, and its channel."""
        return self._store.read(lambda tx: tx.last_beat())

    def _context(self) -> ActionContext:
        from oncall.paging.outgoing.new_attempts import ActionContext, whole_second

        return ActionContext(self._user, whole_second(self._clock.now()), self._clock.real_now())


def _given(body: Mapping[str, object]) -> dict[str, object]:
    """Return the fields of an action for which an option was given."""
    return {name: value for name, value in body.items() if value not in (None, "")}


@contextmanager
def _faults_by_option() -> Iterator[None]:
    """Name the options of the terminal instead of the fields of the API in a refusal."""
    try:
        yield
    except OncallError as error:
        from oncall.paging.actions.intake import FieldFault, FieldFaults

        if not isinstance(error, FieldFaults):
            raise
        named = [FieldFault(_OPTIONS.get(fault.field, fault.field), fault.message) for fault in error.faults]
        raise FieldFaults(named) from error


_OPTIONS = {"by": "--by", "why": "--note", "impact": "LEVEL", "into": "INTO", "after": "--after"}


def _is_a_stranger(tx: Transaction, action: TicketAction) -> bool:
    """Return True if the action makes a user the owner who is on no roster, so that no warning can reach them."""
    people = tx.schedule().people
    return action.kind.value == "acknowledged" and bool(people) and action.by not in people


_STRANGER = (
    'your user name "{user}" is on no published roster, so SLA warnings go to the engineer on call; '
    "name an engineer with --by"
)

TIMEOUT_SECONDS = 15.0
REPORT_SECONDS = 180.0
"""A report measures years of tickets, and reports take turns."""
_QUESTIONS = ("/v1/explain", "/v1/triage")
"""What is posted and changes nothing."""
_ERRNO = re.compile(r"^\[Errno -?\d+\] ")


class RemoteBackend:
    """The database of a server. A refusal of the server becomes an error of this process, with the same words."""

    def __init__(self, server: str, token: str | None, *, patience_seconds: float = TIMEOUT_SECONDS) -> None:
        if not token:
            raise Refused("ONCALL_SERVER is set but ONCALL_TOKEN is not; `oncall token create` on the server makes one")
        self._server, self._token, self._patience = server, token, patience_seconds
        self._seen_now: OnCallView | None = None

    def post_ticket(self, body: Mapping[str, object]) -> tuple[TicketAnswer, bool]:
        response = self._ask("POST", "/v1/tickets", body, self._patience)
        answer: TicketAnswer = self._content(response)
        return answer, response.status_code == 202

    def tickets(self, wanted: TicketFilter) -> TicketListView:
        query = {"state": ",".join(wanted.statuses), "limit": str(wanted.limit)}
        if wanted.customers:
            (query["customer"],) = wanted.customers
        if wanted.after is not None:
            query["after"] = wanted.after
        with _faults_by_option():
            answer: TicketListView = self._call("GET", f"/v1/tickets?{urlencode(query)}")
        return answer

    def ticket(self, ticket_id: str) -> WholeTicketView:
        answer: WholeTicketView = self._call("GET", f"/v1/tickets/{quote(ticket_id, safe='')}")
        return answer

    def event(self, reference: str, body: Mapping[str, object]) -> NotedActionView:
        path = f"/v1/tickets/{quote(reference, safe='')}/events"
        with _faults_by_option():
            answer: NotedActionView = self._call("POST", path, _given(body))
        return answer

    def explain(self, plan: str, impact: str, at: str | None) -> ExplainView:
        from oncall.cli.output import parse_time

        body = {"plan": plan, "impact": impact}
        if at is not None:
            body["at"] = parse_time("--at", at, self.zone()).isoformat()
        answer: ExplainView = self._call("POST", "/v1/explain", body)
        return answer

    def triage(self, answers: Mapping[str, object]) -> TriageView:
        answer: TriageView = self._call("POST", "/v1/triage", answers)
        return answer

    def examination(self) -> DoctorReport:
        """What the doctor finds on the server."""
        answer: DoctorReport = self._call("GET", "/v1/doctor")
        return answer

    def start_drill(self, to: str | None, wait: int) -> DrillStarted:
        """Send a marked test page through the server's pager."""
        answer: DrillStarted = self._call(
            "POST", "/v1/drills", {"wait": wait, **({"to": to} if to is not None else {})}
        )
        return answer

    def policy(self) -> PolicyInForceView:
        answer: PolicyInForceView = self._call("GET", "/v1/policy")
        return answer

    def sla_report(self, asked: SlaAsked) -> str:
        query = {"from": asked.first.isoformat(), "to": asked.last.isoformat(), "format": asked.form.value}
        query |= {"breaches": str(asked.breaches)}
        query |= {"width": str(asked.width)} if asked.width is not None else {}
        query |= {name: value for name, value in (("customer", asked.customer), ("plan", asked.plan)) if value}
        return self._ask("GET", f"/v1/reports/sla?{urlencode(query)}", None, REPORT_SECONDS).text

    def review(self, asked: ReviewAsked) -> str:
        query = {"customer": asked.customer, "quarter": str(asked.quarter), "format": asked.form.value}
        return self._ask("GET", f"/v1/reports/qbr?{urlencode(query)}", None, REPORT_SECONDS).text

    def oncall(self, at: datetime | None) -> OnCallView:
        """Who is on call at an instant; now, by the server's clock, when None."""
        query = f"?{urlencode({'at': at.isoformat()})}" if at is not None else ""
        answer: OnCallView = self._call("GET", f"/v1/oncall{query}")
        return answer

    def zone(self) -> ZoneInfo:
        """The policy's zone."""
        return ZoneInfo(str(self._now_view()["timezone"]))

    def now(self) -> datetime:
        """Policy time by the server's clock, aware UTC."""
        return datetime.fromisoformat(self._now_view()["at"]).astimezone(UTC)

    def _now_view(self) -> OnCallView:
        if self._seen_now is None:
            self._seen_now = self.oncall(None)
        return self._seen_now

    def schedule(self, start: datetime, end: datetime) -> list[LocalAssignmentView]:
        """The shifts that touch [start, end), which may be years apart."""
        found: dict[tuple[str, str, str], LocalAssignmentView] = {}
        while start < end:
            stop = min(start + timedelta(days=365), end)
            query = urlencode({"from": start.isoformat(), "to": stop.isoformat()})
            part: ScheduleView = self._call("GET", f"/v1/schedule?{query}")
            for shift in part["shifts"]:
                found[shift["start"], shift["role"], shift["engineer"]] = shift
            start = stop
        return list(found.values())

    def _call(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:
        return self._content(self._ask(method, path, body, self._patience))

    def _ask(self, method: str, path: str, body: Mapping[str, object] | None, seconds: float) -> httpx.Response:
        import httpx

        try:
            answer = httpx.request(
                method,
                self._server + path,
                json=body,
                headers={"Authorization": f"Bearer {self._token}"},
                timeout=seconds,
            )
        except httpx.HTTPError as error:
            changes = method != "GET" and path not in _QUESTIONS
            raise StoreUnavailable(_silence(self._server, error, seconds, changes=changes)) from error
        if answer.status_code >= 400:
            raise _refusal(answer.status_code, self._content(answer))
        return answer

    def _content(self, answer: httpx.Response) -> Any:
        # The server publishes the type of each answer in /openapi.json; here it is trusted, not checked.
        try:
            return answer.json()
        except ValueError as error:
            raise StoreUnavailable(
                f"{self._server} gave an answer that is not JSON (HTTP {answer.status_code}); is it an oncall server?"
            ) from error


def _silence(server: str, error: httpx.HTTPError, seconds: float, *, changes: bool) -> str:
    """Why there is no answer, and what that leaves open: a request that went out may have been carried out."""
    import httpx

    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        reason = _ERRNO.sub("", str(error)) or "no connection in time"
        return f"{server} cannot be reached ({reason}); nothing was changed"
    late = isinstance(error, httpx.TimeoutException)
    words = (
        f"{server} gave no answer in {seconds:g} s" if late else f"{server} closed the connection before it answered"
    )
    if not changes:
        return f"{words}; try again"
    return f"{words}: it may have made the change; look with `oncall tickets` before you try again"


def _refusal(status: int, content: object) -> OncallError:
    """Return a server's problem document as the error that it stands for."""
    if not isinstance(content, dict):
        return _error_of(status)(str(content)[:200])
    if content.get("errors"):
        from oncall.paging.actions.intake import FieldFault, FieldFaults

        return FieldFaults([FieldFault(str(fault["field"]), str(fault["message"])) for fault in content["errors"]])
    return _error_of(status)(str(content.get("detail", content)))


def _error_of(status: int) -> type[OncallError]:
    return {404: NotFound, 409: Conflict, 503: StoreUnavailable}.get(status, Refused)


@contextmanager
def open_backend(settings: Settings) -> Iterator[LocalBackend | RemoteBackend]:
    """The server that the settings name, else the local database, closed at the end."""
    from oncall import wiring
    from oncall.cli.output import tell

    if settings.server is not None:
        yield RemoteBackend(settings.server, settings.token)
        return
    path = wiring.sqlite_path(settings)
    if path is not None and not path.exists():
        tell(f"{path}: there was no database, so a new one is made; see ONCALL_DATABASE_URL.", colour="yellow")
    with wiring.make_store(settings) as store:
        yield LocalBackend(store, wiring.make_clock(settings), wiring.current_user())
