"""Reads the schedule from a SQLite file without SQLAlchemy, for commands that must answer at once."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote
from zoneinfo import ZoneInfo

from oncall.schedule.schedule import Schedule
from oncall.schedule.version_document import VersionRow, calendar_in, publications_in_force, schedule_from_rows
from oncall.store.revisions import SchemaState, state_at, wrong_schema
from oncall.store.sqlite_errors import unavailable
from oncall.store.times import utc_from_text, utc_to_text
from oncall.support.calendar import SupportCalendar
from oncall.support.windows import Window, WindowKind

_VERSIONS = 'SELECT version, at, kind, "by", reason, document FROM schedule_versions ORDER BY version'
_HOLDS = """
    SELECT id, customer, impact, subject, hold_until FROM tickets
    WHERE status != 'resolved' AND status = 'open' AND hold_until >= :start AND hold_until < :end
    ORDER BY hold_until, id LIMIT 1000
"""
_UNRESOLVED = "SELECT id, subject FROM tickets WHERE status != 'resolved' ORDER BY received_at DESC, id LIMIT 100"
_BUSY_SECONDS = 5.0


class QuickSchedule:
    """The published schedule. It builds seats only for the window that a command asks about.

    zone: the policy's time zone. build: returns the schedule for instants in a window; None: for all instants.
    """

    def __init__(self, zone: ZoneInfo, build: Callable[[Window | None], Schedule]) -> None:
        self.zone, self._build = zone, build

    def is_business_at(self, at: datetime) -> bool:
        """Return True if an instant (aware UTC) is in the business hours of the schedule."""
        schedule = self.within(Window(at, at + timedelta(microseconds=1)))
        return schedule.calendar_at(at).window_at(at).kind is WindowKind.BUSINESS

    def within(self, window: Window) -> Schedule:
        """Return a schedule that is valid only for instants in `window`."""
        return self._build(window)

    def whole(self) -> Schedule:
        """Return the schedule for all instants."""
        return self._build(None)


def read_schedule(path: Path) -> QuickSchedule | None:
    """Read the published schedule from a SQLite file. None if nothing was ever published.

    Raises WrongSchema and StoreUnavailable with the messages of `open_store`.
    """
    if not path.exists():
        return None
    path = path.absolute()
    try:
        with closing(_open(path)) as connection:
            versions = _versions(connection, path)
    except sqlite3.Error as error:
        raise unavailable(error, path) from error
    if not versions:
        return None
    calendar = _calendar(versions)
    return QuickSchedule(calendar.zone, lambda within: schedule_from_rows(versions, calendar, within=within))


def _calendar(versions: Sequence[VersionRow]) -> SupportCalendar:
    """Return the support hours for times outside all plans.

    They are those of the newest publication in force, or of the packaged policy if all publications are undone.
    """
    publications = publications_in_force(versions)
    if publications:
        # Reading the packaged policy takes long, and no quick command needs it.
        return calendar_in(publications[-1])
    from oncall.support.calendar import calendar_of
    from oncall.support.policy_file import packaged_policy

    return calendar_of(packaged_policy(), None)


@dataclass(frozen=True, slots=True)
class QuickHold:
    """A held ticket. hold_until: when its hold ends, aware UTC."""

    id: str
    customer: str
    impact: str
    subject: str
    hold_until: datetime


def read_holds(path: Path, night: Window) -> list[QuickHold]:
    """Return the open tickets whose hold ends in a window, the earliest end first. Raises as `read_schedule` does."""
    try:
        with closing(_open(path)) as connection:
            span = {"start": utc_to_text(night.start), "end": utc_to_text(night.end)}
            return [
                QuickHold(name, customer, impact, subject, utc_from_text(until))
                for name, customer, impact, subject, until in connection.execute(_HOLDS, span)
            ]
    except sqlite3.Error as error:
        raise unavailable(error, path) from error


def read_unresolved(path: Path) -> list[tuple[str, str]]:
    """Return the id and subject of each of the newest 100 unresolved tickets. Raises as `read_schedule` does."""
    try:
        with closing(_open(path)) as connection:
            return list(connection.execute(_UNRESOLVED))
    except sqlite3.Error as error:
        raise unavailable(error, path) from error


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True, timeout=_BUSY_SECONDS)


def _versions(connection: sqlite3.Connection, path: Path) -> list[VersionRow]:
    # One transaction, so that the schema and the rows match.
    connection.execute("BEGIN")
    state = _state(connection)
    if state is SchemaState.EMPTY:
        return []
    if state is not SchemaState.CURRENT:
        raise wrong_schema(state, str(path))
    return [
        VersionRow(version, utc_from_text(at), kind, by, reason, json.loads(document))
        for version, at, kind, by, reason, document in connection.execute(_VERSIONS)
    ]


def _state(connection: sqlite3.Connection) -> SchemaState:
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    row = None
    if "alembic_version" in tables:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return state_at(row[0] if row else None, has_tables=bool(tables))
