"""Reads the settings of outgoing mail: `ONCALL_SMTP_URL` and `ONCALL_MAIL_FROM`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from oncall.channels.mail_server import MailServer
from oncall.errors import SettingsError

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,190}")
_PORTS = {"smtps": 465, "smtp": 25}


@dataclass(frozen=True, slots=True)
class MailSettings:
    """The settings of outgoing mail. A variable that is not set is None. sender: the address in From.

    may_be_loopback: for tests: webhooks of subscribers may be on this machine.
    """

    server: MailServer | None = None
    sender: str | None = None
    may_be_loopback: bool = False

    @property
    def unset(self) -> list[str]:
        """Return the names of the variables that are not set."""
        wanted = {"ONCALL_SMTP_URL": self.server, "ONCALL_MAIL_FROM": self.sender}
        return [name for name, value in wanted.items() if value is None]


def read_mail_settings(found: Mapping[str, str]) -> MailSettings:
    """Read the settings from an environment.

    Raises SettingsError, which names the bad variable but shows no password.
    """
    sender = found.get("ONCALL_MAIL_FROM") or None
    if sender is not None and not _ADDRESS.fullmatch(sender):
        raise SettingsError(f'ONCALL_MAIL_FROM: "{sender[:80]}" is not a mail address; write "status@example.com"')
    return MailSettings(
        _server(found.get("ONCALL_SMTP_URL")), sender, _loopback(found.get("ONCALL_SUBSCRIBER_LOOPBACK"))
    )


def _loopback(text: str | None) -> bool:
    if text not in (None, "", "yes", "no"):
        raise SettingsError(f'ONCALL_SUBSCRIBER_LOOPBACK: "{text[:20]}" is neither yes nor no; leave it out')
    return text == "yes"


def _server(text: str | None) -> MailServer | None:
    if not text:
        return None
    try:
        parts = urlsplit(text)
        port, host = parts.port, parts.hostname
    except ValueError:
        port, host, parts = None, None, urlsplit("")
    if parts.scheme not in _PORTS or not host or parts.path.strip("/") or parts.query or parts.fragment:
        # Print no password.
        raise SettingsError(
            'ONCALL_SMTP_URL: the value is not the address of a mail server; write "smtps://user:password@host:465"'
        )
    user = unquote(parts.username) if parts.username else None
    password = unquote(parts.password) if parts.password else None
    return MailServer(host, port or _PORTS[parts.scheme], parts.scheme == "smtps", user, password)
