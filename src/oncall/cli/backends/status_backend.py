"""Answers the status commands: from the database of this machine, or from a server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from oncall.cli.backends.backend import THIS_MACHINE
from oncall.cli.backends.local_backend import LocalBackend
from oncall.cli.backends.remote_backend import RemoteBackend

if TYPE_CHECKING:
    from oncall.status.status_actions import StatusAction
    from oncall.status.status_record import StatusRecord
    from oncall.status.status_views import StatusChangedView, StatusView, UptimeView


class LocalStatus(LocalBackend):
    """Answers from the status page of the database of this machine. The user may give times in the past."""

    def act(self, action: StatusAction) -> StatusChangedView:
        from oncall.paging.actions.status_on_page import record_on_page
        from oncall.status.status_actions import StatusAuthor

        author = StatusAuthor(self._user, self._clock.now().replace(microsecond=0), may_backdate=True)
        return {"id": self._store.write(lambda tx: record_on_page(tx, action, author))}

    def status(self) -> StatusView:
        from oncall.status.status_views import status_view

        return status_view(self.record())

    def uptime(self, start: datetime, end: datetime, components: tuple[str, ...]) -> UptimeView:
        from oncall.status.status_views import uptime_between

        return uptime_between(self.record(), start, end, components)

    def record(self) -> StatusRecord:
        from oncall.status.status_record import read_status

        now = self._clock.now().replace(microsecond=0)
        return self._store.read(lambda tx: read_status(tx, now))


class RemoteStatus(RemoteBackend):
    """Answers from the status page of a server."""

    def act(self, action: StatusAction) -> StatusChangedView:
        from oncall.paging.actions.posted_status import status_body

        answer: StatusChangedView = self._call("POST", "/v1/status/events", status_body(action))
        return answer

    def status(self) -> StatusView:
        answer: StatusView = self._call("GET", "/v1/status")
        return answer

    def uptime(self, start: datetime, end: datetime, components: tuple[str, ...]) -> UptimeView:
        asked = {"from": start.isoformat(), "to": end.isoformat()}
        asked |= {"component": ",".join(components)} if components else {}
        answer: UptimeView = self._call("GET", f"/v1/status/uptime?{urlencode(asked)}")
        return answer


@contextmanager
def open_status() -> Iterator[LocalStatus | RemoteStatus]:
    """Open the server that the settings name, or else the local database. Closes it at the end."""
    from oncall import wiring

    settings = wiring.read_settings()
    if settings.server is not None:
        yield RemoteStatus(settings.server, settings.token, is_logged_in=settings.is_logged_in)
        return
    with wiring.make_store(settings) as store:
        public_url = settings.public_url or THIS_MACHINE
        yield LocalStatus(store, wiring.make_clock(settings), wiring.current_user(), public_url=public_url)
