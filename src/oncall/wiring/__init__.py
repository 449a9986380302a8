"""Joins the rooms: reads the environment, and builds the real clock, store and channels from it. The service that
uses them all is in `wiring.service`, so that commands which need little load little."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from oncall.channels.twilio_account import TWILIO_URL, TwilioAccount
from oncall.errors import SettingsError

if TYPE_CHECKING:
    from oncall.clock import RehearsalClock, SystemClock
    from oncall.paging.ports.channel import Channel
    from oncall.schedule.schedule import Schedule
    from oncall.store.sql_store import SqlStore

FASTEST = 100_000.0
FIRST_YEAR, LAST_YEAR = 1970, 2199
_SECRET_ADDRESSES = ("ONCALL_ALARM_URL", "ONCALL_HEARTBEAT_URL")


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment says. Secrets are in no repr. `clock_starts_at`: aware UTC; None: the machine's clock."""

    database_url: str | None = field(default=None, repr=False)
    sms: str | None = None
    account_sid: str = ""
    auth_token: str = field(default="", repr=False)
    from_number: str | None = field(default=None, repr=False)
    messaging_service_sid: str | None = None
    twilio_url: str = TWILIO_URL
    public_url: str | None = None
    server: str | None = None
    token: str | None = field(default=None, repr=False)
    clock_starts_at: datetime | None = None
    clock_rate: float = 1.0
    alarm_url: str | None = field(default=None, repr=False)
    heartbeat_url: str | None = field(default=None, repr=False)

    @property
    def is_rehearsing(self) -> bool:
        """Whether policy time is not real time."""
        return self.clock_starts_at is not None or self.clock_rate != 1.0


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process. Raises SettingsError naming the variable that cannot be used."""
    found = {name: value.strip() for name, value in (os.environ if environment is None else environment).items()}
    sms = found.get("ONCALL_SMS") or None
    if sms not in (None, "twilio", "outbox"):
        raise SettingsError(f'ONCALL_SMS: "{sms}" is not a channel; write "twilio" or "outbox"')
    return Settings(
        database_url=found.get("ONCALL_DATABASE_URL") or None,
        sms=sms,
        account_sid=found.get("TWILIO_ACCOUNT_SID", ""),
        auth_token=found.get("TWILIO_AUTH_TOKEN", ""),
        from_number=found.get("TWILIO_FROM") or None,
        messaging_service_sid=found.get("TWILIO_MESSAGING_SERVICE_SID") or None,
        twilio_url=_address("TWILIO_BASE_URL", found.get("TWILIO_BASE_URL")) or TWILIO_URL,
        public_url=_address("ONCALL_PUBLIC_URL", found.get("ONCALL_PUBLIC_URL")),
        server=_address("ONCALL_SERVER", found.get("ONCALL_SERVER")),
        token=found.get("ONCALL_TOKEN") or None,
        clock_starts_at=_clock_start(found.get("ONCALL_CLOCK")),
        clock_rate=_clock_rate(found.get("ONCALL_CLOCK_RATE")),
        alarm_url=_address("ONCALL_ALARM_URL", found.get("ONCALL_ALARM_URL")),
        heartbeat_url=_address("ONCALL_HEARTBEAT_URL", found.get("ONCALL_HEARTBEAT_URL")),
    )


def _address(name: str, text: str | None) -> str | None:
    if not text:
        return None
    if not _is_address(text):
        # Whoever knows where alarms are posted to can post some.
        found = "what is set" if name in _SECRET_ADDRESSES else f'"{text[:80]}"'
        raise SettingsError(f'{name}: {found} is not an address; write "https://oncall.example.com"')
    return text.rstrip("/")


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        # A port that is none shows only when it is asked for.
        is_whole = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False
    return is_whole and parts.scheme in ("http", "https") and text.isprintable() and " " not in text


def _clock_start(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise SettingsError(
            f'ONCALL_CLOCK: "{text[:80]}" is not a time with an offset; write "2027-01-09T03:12:00-05:00"'
        )
    if not FIRST_YEAR < at.year < LAST_YEAR:
        raise SettingsError(f'ONCALL_CLOCK: "{text[:80]}" is outside the years {FIRST_YEAR + 1} to {LAST_YEAR - 1}')
    return at.astimezone(UTC)


def _clock_rate(text: str | None) -> float:
    if not text:
        return 1.0
    try:
        rate = float(text)
    except ValueError:
        rate = math.nan
    if not 0 < rate <= FASTEST:
        raise SettingsError(f'ONCALL_CLOCK_RATE: "{text[:80]}" is not a rate; write a number above 0, like "60"')
    return rate


def make_clock(settings: Settings) -> SystemClock | RehearsalClock:
    """The clock that policy time follows."""
    from oncall.clock import RehearsalClock, SystemClock

    if not settings.is_rehearsing:
        return SystemClock()
    return RehearsalClock(settings.clock_starts_at or datetime.now(UTC), settings.clock_rate)


def database_url(settings: Settings) -> str:
    """The database's address; a SQLite file in the user's data folder when none is set."""
    if settings.database_url is not None:
        return settings.database_url
    from platformdirs import user_data_path

    return f"sqlite:///{user_data_path('oncall', appauthor=False) / 'oncall.db'}"


def sqlite_path(settings: Settings) -> Path | None:
    """The SQLite file; None when the database is another one or lives in memory."""
    url = database_url(settings)
    if not url.startswith("sqlite:///"):
        return None
    return Path(url.removeprefix("sqlite:///").partition("?")[0])


def make_store(settings: Settings) -> SqlStore:
    """The store, opened; made when it is a SQLite file that is not there yet."""
    from oncall.store.database import open_store

    return open_store(database_url(settings))


def migrate_store(settings: Settings) -> None:
    """Bring the database's tables up to this version."""
    from oncall.store.database import migrate

    migrate(database_url(settings))


def copy_store(settings: Settings, source: str) -> int:
    """Copy everything of the database `source` into the empty one that the settings name. Gives how many rows."""
    from oncall.store.copy_store import copy_store

    return copy_store(source, database_url(settings))


def quick_schedule(settings: Settings) -> Schedule | None:
    """The published schedule, for commands that must answer at once; None when nothing was ever stored."""
    path = sqlite_path(settings)
    if path is not None:
        from oncall.store.quick_read import read_schedule

        return read_schedule(path)
    with make_store(settings) as store:
        return store.read(lambda tx: tx.schedule())


def current_user() -> str:
    """Who runs this process, for the log of changes."""
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "somebody"


def make_channel(settings: Settings, *, callback_url: str | None) -> Channel:
    """The SMS channel that the settings name. Raises SettingsError when pages would silently go nowhere."""
    if settings.sms == "outbox":
        import sys

        from oncall.channels.outbox import OutboxChannel
        from oncall.clock import SystemClock

        return OutboxChannel(sys.stderr, SystemClock().now)
    if settings.sms is None and not settings.account_sid:
        raise SettingsError(
            "ONCALL_SMS is not set, so no page would reach anybody; "
            'set it to "twilio", or to "outbox" to print what would be sent'
        )
    _refuse_rehearsal_with_real_pages(settings)
    from oncall.channels.twilio import TwilioChannel

    return TwilioChannel(
        _account(settings),
        from_number=settings.from_number,
        messaging_service_sid=settings.messaging_service_sid,
        status_callback_base=callback_url,
    )


def make_voice(settings: Settings, *, callback_url: str | None) -> Channel | None:
    """The channel for calls; None when Twilio could not tell us of pressed keys, or has no number to call from."""
    if settings.sms == "outbox":
        return make_channel(settings, callback_url=callback_url)
    if why_no_calls(settings, callback_url=callback_url):
        return None
    from oncall.channels.twilio_voice import TwilioVoice

    return TwilioVoice(_account(settings), from_number=settings.from_number or "", public_url=callback_url or "")


def why_no_calls(settings: Settings, *, callback_url: str | None) -> str:
    """Which setting is missing for calls; empty when none is."""
    if callback_url is None:
        return "ONCALL_PUBLIC_URL is not set, so no pressed key would be heard of"
    return "" if settings.from_number else "TWILIO_FROM is not set, and a messaging service cannot call"


def _account(settings: Settings) -> TwilioAccount:
    return TwilioAccount(settings.account_sid, settings.auth_token, settings.twilio_url)


def _refuse_rehearsal_with_real_pages(settings: Settings) -> None:
    host = urlsplit(settings.twilio_url).hostname or ""
    if settings.is_rehearsing and (host == "twilio.com" or host.endswith(".twilio.com")):
        raise SettingsError(
            "ONCALL_CLOCK and ONCALL_CLOCK_RATE are for rehearsals and would send real pages through Twilio; "
            'unset them, or set ONCALL_SMS to "outbox"'
        )
