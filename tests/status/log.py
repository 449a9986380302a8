"""A status page in memory: a file, a log of events, and actions at given New York times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from zoneinfo import ZoneInfo

from oncall.status.component_history import SecondsSpan
from oncall.status.status_actions import StatusAction, StatusAuthor, act_on_status
from oncall.status.status_events import MonitorLook, PublishedStatusFile, StatusEvent
from oncall.status.status_record import StatusRecord, epoch, read_status
from oncall.status.status_views import UptimeFigures, UptimeView, uptime_view
from tests.paging.world import STATUS

NEW_YORK = ZoneInfo("America/New_York")


def at(text: str) -> datetime:
    """Return a New York wall time as aware UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK).astimezone(UTC)


class MemoryLog:
    """A status log in a list. `now` is policy time, which the test moves."""

    def __init__(
        self, text: str = STATUS, *, published: str = "2026-12-01 00:00", now: str = "2027-04-01 00:00"
    ) -> None:
        self.files = [PublishedStatusFile(at(published), text, NEW_YORK.key)]
        self.events: list[StatusEvent] = []
        self.last_looks: dict[str, MonitorLook] = {}
        self.now = at(now)
        self._ids = count(1)

    def status_events(self) -> Sequence[StatusEvent]:
        return self.events

    def add_status_event(self, event: StatusEvent) -> None:
        self.events.append(replace(event, seq=len(self.events) + 1))

    def lock_status_log(self) -> None:
        """Take no lock: a test has one thread."""

    def monitor_looks(self) -> Sequence[MonitorLook]:
        return list(self.last_looks.values())

    def note_look(self, look: MonitorLook) -> None:
        self.last_looks[look.component] = look

    def status_files(self) -> Sequence[PublishedStatusFile]:
        return self.files

    def act(self, action: StatusAction, *, by: str = "mei", may_backdate: bool = True) -> str:
        """Carry out an action now, and return the id of its incident or maintenance."""
        author = StatusAuthor(by, self.now, may_backdate)
        return act_on_status(self, action, author, f"id{next(self._ids)}")

    @property
    def record(self) -> StatusRecord:
        return read_status(self, self.now)

    def uptime(self, start: str, end: str) -> UptimeView:
        """Return the uptime between two New York times."""
        return uptime_view(self.record, SecondsSpan(epoch(at(start)), epoch(at(end))))

    def figures(self, component: str, start: str, end: str) -> UptimeFigures:
        """Return the uptime of one component, or of the `page`."""
        view = self.uptime(start, end)
        return next(each for each in [*view["components"], view["page"]] if each["component"] == component)
