"""Finds engineers, tickets and versions for completions, in the database of this machine or on the server.

Each method returns nothing if its source does not answer quickly, because a completion must never show an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from oncall.cli.completion.completion_line import Completion
from oncall.errors import OncallError

if TYPE_CHECKING:
    from oncall.cli.backends.local_backend import LocalBackend
    from oncall.cli.backends.remote_backend import RemoteBackend
    from oncall.schedule.schedule import Schedule
    from oncall.wiring import Settings

PATIENCE_SECONDS = 1.0
"""How many seconds to wait for a server."""
MOST_TICKETS = 100
SHIFTS_AHEAD = timedelta(weeks=13)
T = TypeVar("T")


class KnownValues:
    """The values that the local database or the server knows. They are read only when a method is called."""

    @cached_property
    def _settings(self) -> Settings:
        from oncall import wiring

        return wiring.read_settings()

    def today(self) -> date:
        from oncall import wiring

        now = wiring.make_clock(self._settings).now()
        schedule = None if self._server is not None else self._schedule
        return now.astimezone(schedule.calendar.zone if schedule is not None else None).date()

    def engineers(self) -> Iterable[Completion]:
        return _or_nothing(self._engineers)

    def shift_dates(self, engineer: str) -> Iterable[Completion]:
        return _or_nothing(lambda: self._shift_dates(engineer))

    def roles(self) -> Iterable[Completion]:
        return _or_nothing(self._roles)

    def tickets(self) -> Iterable[Completion]:
        return _or_nothing(self._tickets)

    def versions(self) -> Iterable[Completion]:
        return _or_nothing(self._versions)

    def swaps(self) -> Iterable[Completion]:
        return _or_nothing(self._swaps)

    def impacts(self) -> Iterable[Completion]:
        return _or_nothing(self._impacts)

    def plans(self) -> Iterable[Completion]:
        return _or_nothing(self._plans)

    @cached_property
    def _server(self) -> RemoteBackend | None:
        if self._settings.server is None:
            return None
        from oncall.cli.backends.remote_backend import RemoteBackend

        return RemoteBackend(self._settings.server, self._settings.token, patience_seconds=PATIENCE_SECONDS)

    @cached_property
    def _schedule(self) -> Schedule | None:
        from oncall import wiring

        found = wiring.quick_schedule(self._settings)
        return found.whole() if found is not None else None

    def _engineers(self) -> list[Completion]:
        if self._server is not None:
            now = self._server.now()
            shifts = self._server.schedule(now, now.replace(year=now.year + 1, day=1))
            return [Completion(name) for name in sorted({each["engineer"] for each in shifts})]
        people = self._schedule.people.values() if self._schedule is not None else ()
        return [Completion(person.id, person.name) for person in sorted(people, key=lambda person: person.id)]

    def _shift_dates(self, engineer: str) -> list[Completion]:
        from oncall import wiring
        from oncall.schedule.schedule_views import schedule_view

        now = self._server.now() if self._server is not None else wiring.make_clock(self._settings).now()
        end = now + SHIFTS_AHEAD
        if self._server is not None:
            found = self._server.whole_schedule(now, end, engineer)["shifts"]
        elif self._schedule is not None:
            found = schedule_view(self._schedule, now, end, engineer)["shifts"]
        else:
            return []
        return [
            Completion(each["start"][:10], f"{each['kind']}, {each['role']}")
            for each in found
            if datetime.fromisoformat(each["start"]) > now
        ]

    def _roles(self) -> list[Completion]:
        if self._server is not None:
            view = self._server.oncall(None)
            return [Completion(role) for role in (view["roles"] or ("primary", "secondary"))]
        return [Completion(role) for role in (self._schedule.roles if self._schedule is not None else ())]

    def _tickets(self) -> list[Completion]:
        from oncall import wiring

        if self._server is None:
            return [Completion(*row) for row in wiring.quick_unresolved(self._settings)]
        from oncall.paging.domain.ticket import TicketStatus
        from oncall.paging.ports.records import TicketFilter

        wanted = TicketFilter((TicketStatus.OPEN, TicketStatus.ACKNOWLEDGED), limit=MOST_TICKETS)
        found = self._server.tickets(wanted)["tickets"]
        return [Completion(each["ticket"]["id"], each["ticket"]["subject"]) for each in found]

    def _versions(self) -> list[Completion]:
        from oncall.schedule.schedule_views import history_view

        if self._server is not None:
            found = self._server.history()
        elif self._schedule is not None:
            found = history_view(self._schedule)
        else:
            return []
        return [
            Completion(str(each["version"]), f"{each['kind']} of {each['at'][:10]} by {each['by']}")
            for each in reversed(found["versions"])
        ]

    def _swaps(self) -> list[Completion]:
        from oncall import wiring
        from oncall.cli.backends.swap_backend import open_swaps

        path = wiring.sqlite_path(self._settings) if self._server is None else None
        if path is not None and not path.exists():
            return []
        with open_swaps(self._settings, None) as swaps:
            found = [each for each in swaps.swaps()["swaps"] if each["state"] == "asked"]
        return [Completion(each["id"], f"{each['engineer']} asks {each['with']}") for each in found]

    def _impacts(self) -> list[Completion]:
        with self._backend() as backend:
            return [Completion(name) for name in (backend.policy()["impacts"] if backend is not None else ())]

    def _plans(self) -> list[Completion]:
        with self._backend() as backend:
            return [Completion(name) for name in (backend.policy()["plans"] if backend is not None else ())]

    @contextmanager
    def _backend(self) -> Iterator[LocalBackend | RemoteBackend | None]:
        """Open the server or the local database. Yields None if there is no database yet, and never creates one."""
        from oncall import wiring
        from oncall.cli.backends.backend import open_backend

        path = wiring.sqlite_path(self._settings) if self._server is None else None
        if self._server is not None:
            yield self._server
        elif path is not None and not path.exists():
            yield None
        else:
            with open_backend(self._settings) as backend:
                yield backend


def _or_nothing(read: Callable[[], list[T]]) -> list[T]:
    try:
        return read()
    except (OncallError, OSError):
        return []
