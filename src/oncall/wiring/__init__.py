"""Joins the packages: reads the environment, and builds the clock, the store and the channels from it.

Commands import this at their start, so it imports only what all of them need. `wiring.web_service` builds the service.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from oncall.channels.twilio_account import TwilioAccount
from oncall.errors import SettingsError
from oncall.wiring.settings import Settings, read_settings

if TYPE_CHECKING:
    from oncall.clock import RehearsalClock, SystemClock
    from oncall.paging.ports.channel import Channel
    from oncall.store.quick_read import QuickHold, QuickSchedule
    from oncall.store.sql_store import SqlStore
    from oncall.support.windows import Window

__all__ = [
    "Channels",
    "Settings",
    "answers_folder",
    "backup_store",
    "copy_store",
    "current_user",
    "database_url",
    "make_channels",
    "make_clock",
    "make_store",
    "migrate_store",
    "quick_holds",
    "quick_schedule",
    "quick_unresolved",
    "read_settings",
    "sqlite_path",
    "twilio_account",
]


def make_clock(settings: Settings) -> SystemClock | RehearsalClock:
    """Create the clock for policy time: the machine's clock, or a rehearsal clock if the settings ask for one."""
    from oncall.clock import RehearsalClock, SystemClock

    if not settings.is_rehearsing:
        return SystemClock()
    return RehearsalClock(settings.clock_starts_at or datetime.now(UTC), settings.clock_rate)


def database_url(settings: Settings) -> str:
    """Return the address of the database. By default it is a SQLite file in the user's data folder."""
    if settings.database_url is not None:
        return settings.database_url
    from platformdirs import user_data_path

    return f"sqlite:///{user_data_path('oncall', appauthor=False) / 'oncall.db'}"


def answers_folder() -> Path:
    """Return the folder in this user's cache that stores the last answers of servers. It may not exist."""
    from platformdirs import user_cache_path

    return user_cache_path("oncall", appauthor=False) / "answers"


def sqlite_path(settings: Settings) -> Path | None:
    """Return the absolute path of the SQLite file; None for PostgreSQL. Raises SettingsError for a bad address."""
    from oncall.store.address import SqliteAddress, address_of

    address = address_of(database_url(settings))
    return address.path if isinstance(address, SqliteAddress) else None


def make_store(settings: Settings) -> SqlStore:
    """Open the store. Creates the SQLite file if it does not exist."""
    from oncall.store.database import open_store

    return open_store(database_url(settings))


def migrate_store(settings: Settings) -> None:
    """Create the database's tables, or update them to this version."""
    from oncall.store.database import migrate

    migrate(database_url(settings))


def backup_store(settings: Settings, target: Path, *, may_replace: bool) -> int:
    """Write a copy of the SQLite database to `target`, which only this user can read. Returns its size in bytes."""
    from oncall.store.backup import backup

    return backup(database_url(settings), target, may_replace=may_replace)


def copy_store(settings: Settings, source: str | None, *, is_pager_stopped: bool) -> int | None:
    """Copy all rows of another database into the empty database that the settings name. Returns how many.

    source: the address of the other database; None: the address in the settings, or no copy (and None) if there is
    none. is_pager_stopped: the operator confirms that a silent pager of the source is stopped.
    """
    url, setting = (source, "--from") if source is not None else (settings.migrate_from, "ONCALL_MIGRATE_FROM")
    if url is None:
        return None
    import socket

    from oncall.store.copy_store import copy_store
    from oncall.store.source_pagers import SourcePagers

    pagers = SourcePagers(make_clock(settings).real_now(), socket.gethostname(), is_stopped=is_pager_stopped)
    return copy_store(url, database_url(settings), pagers, setting=setting)


def quick_schedule(settings: Settings) -> QuickSchedule | None:
    """Read the published schedule from the SQLite file as fast as possible. None if there is no file or no schedule."""
    from oncall.store.quick_read import QuickSchedule, read_schedule

    path = sqlite_path(settings)
    if path is not None:
        return read_schedule(path)
    with make_store(settings) as store:
        schedule = store.read(lambda tx: tx.schedule())
    return QuickSchedule(schedule.calendar.zone, lambda _: schedule) if schedule.latest is not None else None


def quick_unresolved(settings: Settings) -> Sequence[tuple[str, str]]:
    """Return the id and the subject of each of the newest unresolved tickets, read as fast as possible."""
    from oncall.store.quick_read import read_unresolved

    path = sqlite_path(settings)
    if path is not None:
        return read_unresolved(path) if path.exists() else []
    from oncall.paging.domain.ticket import TicketStatus
    from oncall.paging.ports.records import TicketFilter

    wanted = TicketFilter((TicketStatus.OPEN, TicketStatus.ACKNOWLEDGED), limit=100)
    with make_store(settings) as store:
        found = store.read(lambda tx: tx.tickets(wanted))
    return [(stored.ticket.id, stored.ticket.subject) for stored in found]


def quick_holds(settings: Settings, night: Window) -> Sequence[QuickHold]:
    """Return the tickets whose hold ends in a window, the earliest end first, read as fast as possible."""
    from oncall.store.quick_read import QuickHold, read_holds

    path = sqlite_path(settings)
    if path is not None:
        return read_holds(path, night) if path.exists() else []
    from oncall.paging.domain.ticket import TicketStatus
    from oncall.paging.ports.records import TicketFilter

    wanted = TicketFilter((TicketStatus.OPEN,), limit=1000, held=night)
    with make_store(settings) as store:
        found = store.read(lambda tx: tx.tickets(wanted))
    holds = [
        QuickHold(each.ticket.id, each.ticket.customer, each.impact, each.ticket.subject, each.hold_until)
        for each in found
        if each.hold_until is not None
    ]
    return sorted(holds, key=lambda held: (held.hold_until, held.id))


def current_user() -> str:
    """Return the name of the user who runs this process, under which the log records changes."""
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"


@dataclass(frozen=True, slots=True)
class Channels:
    """The channels of one process. `voice` is None if calls are impossible; `why_no_calls` then gives the reason."""

    sms: Channel
    voice: Channel | None
    why_no_calls: str = ""

    def by_name(self) -> dict[str, Channel]:
        """Return the channels under the names that the policy uses: `sms`, `voice`."""
        return {"sms": self.sms} if self.voice is None else {"sms": self.sms, "voice": self.voice}

    async def close(self) -> None:
        """Close the network connections of the channels."""
        for channel in self.by_name().values():
            await channel.close()


def make_channels(settings: Settings, *, callback_url: str | None) -> Channels:
    """Create the channels for SMS and calls. They connect on first use.

    callback_url: the address at which Twilio reaches this service; None if there is none. Raises SettingsError if the
    settings name no channel, because such a pager could page nobody.
    """
    if settings.sms == "outbox":
        return _outbox_channels()
    if settings.sms is None and not settings.account_sid:
        raise SettingsError(
            "ONCALL_SMS is not set, so no page would reach anybody; "
            'set it to "twilio", or to "outbox" to print the pages instead of sending them'
        )
    _refuse_rehearsal_with_real_pages(settings)
    from oncall.channels.twilio_sms import TwilioSms
    from oncall.channels.twilio_voice import TwilioVoice

    account = twilio_account(settings, callback_url=callback_url)
    sms, why_no_calls = TwilioSms(account), account.why_no_calls
    return Channels(sms, None if why_no_calls else TwilioVoice(account), why_no_calls)


def twilio_account(settings: Settings, *, callback_url: str | None) -> TwilioAccount:
    """Return the Twilio account that the settings name. Raises SettingsError for settings that cannot work."""
    return TwilioAccount(
        settings.account_sid,
        settings.auth_token,
        settings.twilio_url,
        from_number=settings.from_number,
        messaging_service_sid=settings.messaging_service_sid,
        public_url=callback_url,
    )


def _outbox_channels() -> Channels:
    import sys

    from oncall.channels.outbox import OutboxChannel
    from oncall.clock import SystemClock

    now = SystemClock().now
    return Channels(OutboxChannel(sys.stderr, now), OutboxChannel(sys.stderr, now))


def _refuse_rehearsal_with_real_pages(settings: Settings) -> None:
    host = urlsplit(settings.twilio_url).hostname or ""
    if settings.is_rehearsing and (host == "twilio.com" or host.endswith(".twilio.com")):
        raise SettingsError(
            "ONCALL_CLOCK and ONCALL_CLOCK_RATE are for rehearsals and would send real pages through Twilio; "
            'unset them, or set ONCALL_SMS to "outbox"'
        )
