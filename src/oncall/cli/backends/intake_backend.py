"""Answers the intake commands: from the database of this machine, or from a server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from oncall.cli.backends.backend import THIS_MACHINE
from oncall.cli.backends.remote_backend import RemoteBackend
from oncall.cli.terminal.action_options import faults_by_option

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from oncall.intake.arrival_pages import ArrivalPage
    from oncall.intake.heartbeat_views import HeartbeatDeleted, HeartbeatListView, HeartbeatView
    from oncall.intake.intake_views import (
        ArrivalListView,
        ArrivalView,
        FailureListView,
        FailureView,
        RoutedView,
        SenderAnswer,
    )
    from oncall.paging.outgoing.new_attempts import ActionContext
    from oncall.paging.ports.time_source import Clock
    from oncall.store.sql_store import SqlStore
    from oncall.wiring import Settings

_PAGE_OPTIONS = {"after": "--after"}
_HEARTBEAT_OPTIONS = {
    "name": "NAME",
    "every": "--every",
    "grace": "--grace",
    "customer": "--customer",
    "plan": "--plan",
    "impact": "--impact",
}


class LocalIntake:
    """Answers from the database of this machine. Queues pages for the pager that uses this database."""

    def __init__(self, store: SqlStore, clock: Clock, user: str, settings: Settings) -> None:
        self._store, self._clock, self._user, self._settings = store, clock, user, settings
        self._public_url = (settings.public_url or THIS_MACHINE).rstrip("/")

    def intake_log(self, page: ArrivalPage) -> ArrivalListView:
        from oncall.intake.arrival_pages import log_page

        with faults_by_option(_PAGE_OPTIONS):
            return self._store.read(lambda tx: log_page(tx, page))

    def intake_failures(self, page: ArrivalPage) -> FailureListView:
        from oncall.intake.arrival_pages import failures_page

        with faults_by_option(_PAGE_OPTIONS):
            return self._store.read(lambda tx: failures_page(tx, page))

    def intake_failure(self, failure_id: str) -> FailureView:
        from oncall.intake.arrivals import failure_named
        from oncall.intake.intake_views import failure_view

        return self._store.read(lambda tx: failure_view(failure_named(tx, failure_id)))

    def drop_failure(self, failure_id: str) -> ArrivalView:
        from oncall.intake import arrivals
        from oncall.intake.intake_views import arrival_view

        context = self._context()
        return self._store.write(lambda tx: arrival_view(arrivals.drop_failure(tx, failure_id, context)))

    def replay_failure(self, failure_id: str) -> SenderAnswer:
        from oncall.intake import replays
        from oncall.intake.intake_views import replayed_view
        from oncall.intake.mapping_file import all_mappings

        context, mappings = self._context(), all_mappings(self._settings.intake.mappings)
        arrival, taken = self._store.write(lambda tx: replays.replay_failure(tx, failure_id, mappings, context))
        return replayed_view(arrival, taken)

    def explain_labels(self, labels: Mapping[str, str], at: str | None) -> RoutedView:
        from oncall.cli.terminal.output import parse_time
        from oncall.intake.intake_views import explained
        from oncall.paging.ports.store import Transaction

        def work(tx: Transaction) -> RoutedView:
            zone = tx.schedule().calendar.zone
            moment = parse_time("--at", at, zone) if at is not None else self._clock.now()
            return explained(labels, tx.policy_at(moment), tx.schedule(), moment)

        return self._store.read(work)

    def zone(self) -> ZoneInfo:
        """Return the policy's zone."""
        return self._store.read(lambda tx: tx.schedule().calendar.zone)

    def heartbeats(self) -> HeartbeatListView:
        from oncall.intake.heartbeat_views import heartbeat_view

        found = self._store.read(lambda tx: tx.heartbeats())
        return {"heartbeats": [heartbeat_view(one, self._public_url) for one in found]}

    def create_heartbeat(self, body: Mapping[str, object]) -> HeartbeatView:
        from oncall.intake.heartbeat_views import heartbeat_view
        from oncall.intake.heartbeats import create_heartbeat

        context = self._context()
        with faults_by_option(_HEARTBEAT_OPTIONS):
            made = self._store.write(lambda tx: create_heartbeat(tx, body, context))
        return heartbeat_view(made, self._public_url)

    def delete_heartbeat(self, name: str) -> HeartbeatDeleted:
        self._store.write(lambda tx: tx.remove_heartbeat(name))
        return {"name": name, "deleted": True}

    def _context(self) -> ActionContext:
        from oncall.paging.outgoing.new_attempts import ActionContext, whole_second

        return ActionContext(self._user, whole_second(self._clock.now()), self._clock.real_now())


class RemoteIntake(RemoteBackend):
    """Answers from a server. Raises the server's refusals as errors with the text that the server gives."""

    def intake_log(self, page: ArrivalPage) -> ArrivalListView:
        with faults_by_option(_PAGE_OPTIONS):
            answer: ArrivalListView = self._call("GET", f"/v1/intake/log?{_page_query(page)}")
        return answer

    def intake_failures(self, page: ArrivalPage) -> FailureListView:
        with faults_by_option(_PAGE_OPTIONS):
            answer: FailureListView = self._call("GET", f"/v1/intake/failures?{_page_query(page)}")
        return answer

    def intake_failure(self, failure_id: str) -> FailureView:
        answer: FailureView = self._call("GET", _path(failure_id))
        return answer

    def drop_failure(self, failure_id: str) -> ArrivalView:
        answer: ArrivalView = self._call("POST", f"{_path(failure_id)}/drop")
        return answer

    def replay_failure(self, failure_id: str) -> SenderAnswer:
        answer: SenderAnswer = self._call("POST", f"{_path(failure_id)}/replay")
        return answer

    def explain_labels(self, labels: Mapping[str, str], at: str | None) -> RoutedView:
        from oncall.cli.terminal.output import parse_time

        body: dict[str, object] = {"labels": dict(labels)}
        if at is not None:
            body["at"] = parse_time("--at", at, self.zone()).isoformat()
        answer: RoutedView = self._call("POST", "/v1/intake/explain", body)
        return answer

    def heartbeats(self) -> HeartbeatListView:
        answer: HeartbeatListView = self._call("GET", "/v1/heartbeats")
        return answer

    def create_heartbeat(self, body: Mapping[str, object]) -> HeartbeatView:
        with faults_by_option(_HEARTBEAT_OPTIONS):
            answer: HeartbeatView = self._call("POST", "/v1/heartbeats", body)
        return answer

    def delete_heartbeat(self, name: str) -> HeartbeatDeleted:
        answer: HeartbeatDeleted = self._call("POST", f"/v1/heartbeats/{quote(name, safe='')}/delete")
        return answer


def _page_query(page: ArrivalPage) -> str:
    asked = {"limit": str(page.limit), "caller": page.caller, "after": page.after}
    return urlencode({name: value for name, value in asked.items() if value is not None})


def _path(failure_id: str) -> str:
    return f"/v1/intake/failures/{quote(failure_id, safe='')}"


@contextmanager
def open_intake(settings: Settings) -> Iterator[LocalIntake | RemoteIntake]:
    """Open the server that the settings name, or else the local database. Closes it at the end."""
    from oncall import wiring

    if settings.server is not None:
        yield RemoteIntake(settings.server, settings.token, is_logged_in=settings.is_logged_in)
        return
    with wiring.make_store(settings) as store:
        yield LocalIntake(store, wiring.make_clock(settings), wiring.current_user(), settings)
