"""Reads the settings of this process from its environment."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from ipaddress import ip_network
from urllib.parse import urlsplit

from oncall.channels.twilio_account import TWILIO_URL
from oncall.errors import SettingsError
from oncall.web.access.caller_rate import PER_SECOND
from oncall.web.server.connection_gate import LOOPBACK, MOST_CONNECTIONS, Network
from oncall.wiring.identity_settings import IdentitySettings, read_identity_settings
from oncall.wiring.intake_settings import IntakeSettings, read_intake_settings
from oncall.wiring.mail_settings import MailSettings, read_mail_settings

FASTEST = 100_000.0
FIRST_YEAR, LAST_YEAR = 1970, 2199
_ENGINEER = re.compile(r"[a-z0-9-]{1,60}")
_CONNECTIONS, _CHANGES = ("connections", "2000"), ("changes per second", "500")
"""What the number in a setting counts, and an example of it."""
_SECRET_ADDRESSES = ("ONCALL_ALARM_URL", "ONCALL_HEARTBEAT_URL")


SHORTEST_PORTAL_SECRET = 32
WEBHOOK_VARIABLE, CHANNEL_VARIABLE = "ONCALL_WEBHOOK_", "ONCALL_CHANNEL_"


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings in the environment. `repr` shows no secret. `clock_starts_at`: aware UTC; None: the machine's clock.

    trusted_proxies: proxies that are exempt from the limit on connections from one address. forwarding_proxies: proxies
    whose X-Forwarded-For is trusted. engineer: the id of the person at this terminal. is_logged_in: True if the server
    comes from `oncall login`. status_sms_from: the sender of texts to the status page's subscribers; empty: the number
    that pages; `none`: no texts are sent.
    """

    database_url: str | None = field(default=None, repr=False)
    sms: str | None = None
    account_sid: str = ""
    auth_token: str = field(default="", repr=False)
    second_auth_token: str = field(default="", repr=False)
    from_number: str | None = field(default=None, repr=False)
    messaging_service_sid: str | None = None
    twilio_url: str = TWILIO_URL
    public_url: str | None = None
    server: str | None = None
    token: str | None = field(default=None, repr=False)
    engineer: str | None = None
    is_logged_in: bool = False
    clock_starts_at: datetime | None = None
    clock_rate: float = 1.0
    alarm_url: str | None = field(default=None, repr=False)
    heartbeat_url: str | None = field(default=None, repr=False)
    migrate_from: str | None = field(default=None, repr=False)
    connections: int = MOST_CONNECTIONS
    connections_per_source: int | None = None
    caller_rate: int = PER_SECOND
    trusted_proxies: tuple[Network, ...] = LOOPBACK
    forwarding_proxies: tuple[Network, ...] = ()
    intake: IntakeSettings = field(default_factory=IntakeSettings)
    identity: IdentitySettings | None = None
    webhook_secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    channel_urls: Mapping[str, str] = field(default_factory=dict, repr=False)
    mail: MailSettings = field(default_factory=MailSettings)
    portal_secret: str = field(default="", repr=False)
    status_sms_from: str = field(default="", repr=False)

    @property
    def is_rehearsing(self) -> bool:
        """Return True if policy time differs from real time."""
        return self.clock_starts_at is not None or self.clock_rate != 1.0


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from `environment`. Raises SettingsError, which names the bad variable.

    environment: None: that of this process. A stored login then adds the server, the token and the engineer if they are
    not set.
    """
    found = {name: value.strip() for name, value in (os.environ if environment is None else environment).items()}
    sms = found.get("ONCALL_SMS") or None
    if sms not in (None, "twilio", "outbox"):
        raise SettingsError(f'ONCALL_SMS: "{sms}" is not a channel; write "twilio" or "outbox"')
    settings = Settings(
        database_url=found.get("ONCALL_DATABASE_URL") or None,
        migrate_from=found.get("ONCALL_MIGRATE_FROM") or None,
        sms=sms,
        account_sid=found.get("TWILIO_ACCOUNT_SID", ""),
        auth_token=found.get("TWILIO_AUTH_TOKEN", ""),
        second_auth_token=found.get("TWILIO_AUTH_TOKEN_SECONDARY", ""),
        from_number=found.get("TWILIO_FROM") or None,
        messaging_service_sid=found.get("TWILIO_MESSAGING_SERVICE_SID") or None,
        twilio_url=_address("TWILIO_BASE_URL", found.get("TWILIO_BASE_URL")) or TWILIO_URL,
        public_url=_public_address(found.get("ONCALL_PUBLIC_URL")),
        server=_server("ONCALL_SERVER", found.get("ONCALL_SERVER")),
        token=found.get("ONCALL_TOKEN") or None,
        engineer=_engineer(found.get("ONCALL_ENGINEER")),
        clock_starts_at=_clock_start(found.get("ONCALL_CLOCK")),
        clock_rate=_clock_rate(found.get("ONCALL_CLOCK_RATE")),
        portal_secret=_portal_secret(found.get("ONCALL_PORTAL_SECRET", "")),
        alarm_url=_address("ONCALL_ALARM_URL", found.get("ONCALL_ALARM_URL")),
        heartbeat_url=_address("ONCALL_HEARTBEAT_URL", found.get("ONCALL_HEARTBEAT_URL")),
        connections=_number("ONCALL_CONNECTIONS", found.get("ONCALL_CONNECTIONS")) or MOST_CONNECTIONS,
        connections_per_source=_number("ONCALL_CONNECTIONS_PER_SOURCE", found.get("ONCALL_CONNECTIONS_PER_SOURCE")),
        caller_rate=_number("ONCALL_CALLER_RATE", found.get("ONCALL_CALLER_RATE"), _CHANGES) or PER_SECOND,
        trusted_proxies=_networks("ONCALL_TRUSTED_PROXIES", found.get("ONCALL_TRUSTED_PROXIES")),
        forwarding_proxies=_forwarding(found.get("ONCALL_TRUSTED_PROXIES")),
        intake=read_intake_settings(found),
        identity=read_identity_settings(found),
        webhook_secrets=_named(found, WEBHOOK_VARIABLE),
        channel_urls=_named(found, CHANNEL_VARIABLE),
        mail=read_mail_settings(found),
        status_sms_from=found.get("ONCALL_STATUS_SMS_FROM", ""),
    )

    return _with_login(settings) if environment is None else settings


def _with_login(settings: Settings) -> Settings:
    """Return the settings with the server and token of the stored login, unless the environment sets them."""
    is_complete = settings.server is not None and settings.token is not None
    if is_complete or (settings.server is None and settings.database_url is not None):
        return settings
    from oncall.wiring.login import read_login

    login = read_login()
    if login is None or settings.server not in (None, login.server):
        return settings
    is_own = settings.token in (None, login.token)
    return replace(
        settings,
        server=login.server,
        token=settings.token or login.token,
        engineer=settings.engineer or (login.engineer if is_own else None),
        is_logged_in=is_own,
    )


def server_address(text: str) -> str:
    """Parse a server's address, for `oncall login`. Raises SettingsError for text that is none."""
    address = _server("URL", text.strip())
    if address is None:
        raise SettingsError('URL: it is empty; write "https://oncall.example.com"')
    return address


def _engineer(text: str | None) -> str | None:
    if not text:
        return None
    if not _ENGINEER.fullmatch(text):
        raise SettingsError(f'ONCALL_ENGINEER: "{text[:60]}" is not an engineer\'s id; write it as the roster does')
    return text


def _named(found: Mapping[str, str], prefix: str) -> dict[str, str]:
    """Return the variables that begin with a prefix, by the rest of their names. Empty variables count as not set."""
    return {name.removeprefix(prefix): value for name, value in found.items() if name.startswith(prefix) and value}


def variable_part(name: str) -> str:
    """Return a name from a policy in the form that it has in a variable's name: `ON_CALL_TEAM` for `on-call-team`."""
    return name.upper().replace("-", "_")


def _portal_secret(text: str) -> str:
    """Return the secret with which the operator's portal signs its links; empty: no such link is accepted.

    Raises SettingsError if it is too short.
    """
    if text and len(text) < SHORTEST_PORTAL_SECRET:
        raise SettingsError(
            f"ONCALL_PORTAL_SECRET: the value has {len(text)} characters; write at least {SHORTEST_PORTAL_SECRET}"
        )
    return text


def _address(name: str, text: str | None) -> str | None:
    if not text:
        return None
    if not _is_address(text):
        # Print no password, and no alarm address: anyone who knows it can post false alarms.
        found = "the value" if name in _SECRET_ADDRESSES or "@" in text else f'"{text[:80]}"'
        raise SettingsError(f'{name}: {found} is not an address; write "https://oncall.example.com"')
    return text.rstrip("/")


def _public_address(text: str | None) -> str | None:
    """Return ONCALL_PUBLIC_URL without a slash at its end; None if it is not set. Raises SettingsError.
    Twilio includes it in each signature, so it must be exactly the address that Twilio calls.
    """
    url = _address("ONCALL_PUBLIC_URL", text)
    if url is None or text is None:
        return None
    parts = urlsplit(url)
    unfit = (
        ("a user name or password", "@" in parts.netloc),
        ("a query", "?" in text),
        ("a fragment", "#" in text),
        ("a colon without a port", parts.netloc.endswith(":")),
        ("letters outside ASCII", not text.isascii()),
        ("a backslash", "\\" in text),
        ("a path with . or ..", any(step in (".", "..") for step in parts.path.split("/"))),
    )
    found = next((what for what, is_there in unfit if is_there), None)
    if found is not None:
        raise SettingsError(
            f"ONCALL_PUBLIC_URL: the address has {found}, and Twilio's signatures could not be checked against it; "
            'write it like "https://oncall.example.com" or "https://example.com:8443/oncall"'
        )
    # Twilio writes the scheme in small letters, whatever its settings say.
    return parts.scheme + url[len(parts.scheme) :]


def _server(name: str, text: str | None) -> str | None:
    """Return a server's address; None if it is not set. Raises SettingsError if it contains a password.

    Messages and `whoami` show the address.
    """
    url = _address(name, text)
    if url is not None and "@" in urlsplit(url).netloc:
        raise SettingsError(f"{name}: leave the user name and password out of the address; your token says who you are")
    return url


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        # urlsplit rejects a bad port only when the port is read.
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


def _number(name: str, text: str | None, of: tuple[str, str] = _CONNECTIONS) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and int(text[:9]) > 0 and len(text) < 7):
        raise SettingsError(f'{name}: "{text[:80]}" is not a number of {of[0]}; write a whole number, like "{of[1]}"')
    return int(text)


def _forwarding(text: str | None) -> tuple[Network, ...]:
    """Parse the proxies whose X-Forwarded-For is trusted: those that the operator names, and no others."""
    return _networks("ONCALL_TRUSTED_PROXIES", text) if text else ()


def _networks(name: str, text: str | None) -> tuple[Network, ...]:
    if not text:
        return LOOPBACK
    if text == "none":
        return ()
    try:
        return tuple(ip_network(each.strip()) for each in text.split(","))
    except ValueError as error:
        raise SettingsError(
            f'{name}: "{text[:80]}" is not a list of addresses and networks; write "10.0.0.7, 10.1.0.0/24", '
            'or "none" if there is no proxy'
        ) from error
