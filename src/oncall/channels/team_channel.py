"""Posts to the team's channels (Slack, Teams, Discord, Matrix, ntfy, Telegram, e-mail, ...) through apprise.

It takes half a second to import apprise, so it is imported at the first message.
"""

from __future__ import annotations

import asyncio
import logging
import re
import threading
from datetime import datetime

from oncall.channels.own_thread import in_own_thread
from oncall.errors import Ambiguous, Temporary
from oncall.paging.ports.relay import RelayMessage

DEADLINE_SECONDS = 20.0
CONNECT_SECONDS, READ_SECONDS = 5.0, 10.0
_TITLES = {
    "desk": "Support desk",
    "breaches": "SLA breach",
    "alarms": "oncall alarm",
    "handoffs": "Handoff",
    "manager": "For the manager",
}


class TeamChannelPost:
    """Posts messages to one apprise URL.

    url: None if the environment variable is not set. variable: the name of the variable, for error messages.
    """

    def __init__(self, url: str | None, *, variable: str, deadline_seconds: float = DEADLINE_SECONDS) -> None:
        self._url, self._variable, self._deadline_seconds = url, variable, deadline_seconds

    async def carry(self, message: RelayMessage, *, real_now: datetime) -> None:
        """Post a message. Raises DeliveryError, which does not show the secret URL, if the message is not accepted."""
        if self._url is None:
            raise Temporary(f"{self._variable} is not set; set it to an apprise URL and restart")
        url, title = self._url, _TITLES.get(message.kind, "oncall")
        try:
            async with asyncio.timeout(self._deadline_seconds):
                failure = await in_own_thread(lambda: _safely(url, title, message.body), name="team-channel")
        except TimeoutError as error:
            raise Ambiguous(f"no answer within {self._deadline_seconds:g} s") from error
        if failure is not None:
            raise Temporary(failure or f"{self._variable} is not an apprise URL; see https://appriseit.com/services/")

    async def close(self) -> None:
        """Do nothing: each message has a connection of its own."""


def _safely(url: str, title: str, body: str) -> str | None:
    """Post as `_notify` does. If a plugin raises an error, return the kind of error without its text."""
    try:
        return _notify(url, title, body)
    except Exception as error:
        return f"the channel failed: {type(error).__name__}"


class _Status(logging.Handler):
    """Finds the HTTP status in what apprise logs in this thread.

    Nothing else of the log is used: it may contain secrets.
    """

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._thread = threading.get_ident()
        self.status: str | None = None

    def emit(self, record: logging.LogRecord) -> None:
        found = re.search(r"error=([0-9]{3})\b", record.getMessage()) if record.thread == self._thread else None
        if found is not None:
            self.status = found[1]


def _notify(url: str, title: str, body: str) -> str | None:
    """Post through apprise. Returns why it failed (empty if apprise does not know the URL); None if it succeeded."""
    import apprise

    plugin = apprise.Apprise.instantiate(url, suppress_exceptions=True)
    if plugin is None:
        return ""
    plugin.socket_connect_timeout, plugin.socket_read_timeout = CONNECT_SECONDS, READ_SECONDS
    plugin.redirects = False
    plugin.overflow_mode = apprise.OverflowMode.SPLIT
    log, status = logging.getLogger("apprise"), _Status()
    log.propagate = False
    log.addHandler(status)
    try:
        if plugin.notify(body=body, title=title):
            return None
    finally:
        log.removeHandler(status)
    return f"HTTP {status.status}" if status.status is not None else "the channel did not accept it"
