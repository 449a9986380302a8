"""The real service on loopback, in its own thread, with a SQLite file and a Twilio double."""

from __future__ import annotations

import hashlib
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import datetime
from functools import cache, partial
from ipaddress import ip_network
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from doubles.loopback import listening_socket
from doubles.twilio import ACCOUNT_SID, AUTH_TOKEN, TwilioDouble
from doubles.twilio_posts import NUMBER
from oncall.paging.ports.callers import CallerRole, Token
from oncall.paging.ports.store import Transaction
from oncall.store.database import open_store
from oncall.support.policy_file import packaged_policy_text
from oncall.web.access.caller_rate import PER_SECOND
from oncall.web.server.server import make_server
from oncall.wiring import Settings
from oncall.wiring.event_loop import run
from oncall.wiring.identity_settings import IdentitySettings
from oncall.wiring.intake_settings import IntakeSettings, MailListen
from oncall.wiring.mail_service import open_mail_door
from oncall.wiring.mail_settings import MailSettings
from oncall.wiring.web_service import connection_limits, make_app, raise_open_files
from tests.paging.storm import each_alone
from tests.paging.world import ROSTER, SATURDAY_NIGHT, World, at

PUBLISH_NOTHING: Callable[[datetime], Mapping[str, str]] = lambda _: {}  # noqa: E731
TOKENS = {"zendesk": CallerRole.INTAKE, "ana": CallerRole.ENGINEER, "mei": CallerRole.MANAGER}
NO_INTAKE = IntakeSettings()
NO_MAIL = MailSettings()
NOT_YET = "the pager has not written to the database yet"
PATIENCE_SECONDS = 120.0
"""How long is waited for what must come; only a fault takes so long."""


@cache
def trusted_authorities() -> ssl.SSLContext:
    """Return the certificate authorities of clients, loaded once: loading is slow, and loopback does not use them."""
    return ssl.create_default_context()


class Service:
    """Its callers are `zendesk` (intake), `ana` (engineer) and `mei` (manager); each token equals its caller's name."""

    def __init__(
        self,
        folder: Path,
        *,
        now: datetime = SATURDAY_NIGHT,
        seats: Mapping[str, str] | Callable[[datetime], Mapping[str, str]] | None = None,
        is_published: bool = True,
        is_roster_published: bool = False,
        is_each_urgent_page_alone: bool = False,
        alarm_url: str | None = None,
        heartbeat_url: str | None = None,
        second_auth_token: str = "",
        public_url: str | None = None,
        trusted_proxies: tuple[str, ...] = (),
        intake: IntakeSettings = NO_INTAKE,
        policy_lines: str = "",
        customers: str | None = None,
        portal_secret: str = "",
        webhook_secrets: Mapping[str, str] | None = None,
        channel_urls: Mapping[str, str] | None = None,
        mail: MailListen | None = None,
        identity: IdentitySettings | None = None,
        mail_out: MailSettings = NO_MAIL,
        caller_rate: int = PER_SECOND,
        status_sms_from: str = "",
    ) -> None:
        """policy_lines: end the packaged policy's file. customers: the text of the file that they name."""
        self.file = folder / "world.db"
        self._now, self._second_auth_token = now, second_auth_token
        self._alarm_url, self._heartbeat_url = alarm_url, heartbeat_url
        self._public_url, self._trusted_proxies, self._intake = public_url, trusted_proxies, intake
        self._webhook_secrets, self._channel_urls = webhook_secrets or {}, channel_urls or {}
        self._mail, self._mail_out, self._doors = mail, mail_out, ExitStack()
        self._caller_rate, self._identity, self._portal_secret = caller_rate, identity, portal_secret
        self._status_sms_from = status_sms_from
        world = World(folder, now=at("2027-01-01 12:00"))
        roster = ROSTER.read_text(encoding="utf-8") if is_roster_published else ""
        if is_published:
            world.publish(seats, roster=roster, policy=packaged_policy_text() + policy_lines, customers=customers)
        if is_each_urgent_page_alone:
            each_alone(world, roster=roster)
        world.close()
        self.twilio = TwilioDouble()
        self._listening = listening_socket()
        self.address = f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def __enter__(self) -> Self:
        self.twilio.start()
        database = f"sqlite:///{self.file}"
        self.store = open_store(database)
        for name, role in TOKENS.items():
            token = Token(name, role, hashlib.sha256(name.encode()).hexdigest(), SATURDAY_NIGHT)
            self.store.write(partial(_add_token, token))
        self.settings = Settings(
            database_url=database,
            account_sid=ACCOUNT_SID,
            auth_token=AUTH_TOKEN,
            second_auth_token=self._second_auth_token,
            from_number=NUMBER,
            twilio_url=self.twilio.base_url,
            clock_starts_at=self._now,
            alarm_url=self._alarm_url,
            heartbeat_url=self._heartbeat_url,
            public_url=self._public_url,
            forwarding_proxies=tuple(map(ip_network, self._trusted_proxies)),
            intake=self._intake,
            webhook_secrets=self._webhook_secrets,
            channel_urls=self._channel_urls,
            mail=self._mail_out,
            caller_rate=self._caller_rate,
            identity=self._identity,
            portal_secret=self._portal_secret,
            status_sms_from=self._status_sms_from,
        )
        self._door = self._doors.enter_context(open_mail_door(self._mail))
        self.app = make_app(self.settings, address=self.address, mail_door=self._door)
        self._server = make_server(self.app, connection_limits(self.settings, open_files=raise_open_files()))
        self._thread = threading.Thread(target=lambda: run(self._server.serve([self._listening])), daemon=True)
        self._thread.start()
        self.http = httpx.Client(base_url=self.address, timeout=PATIENCE_SECONDS, verify=trusted_authorities())
        while not self._server.started and self._thread.is_alive():
            self._thread.join(0.01)
        # It answers a moment before its pager has written for the first time, which it owns to until then.
        self.until(lambda: NOT_YET not in self.call("GET", "/readyz").json()["problems"])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.http.close()
        self._server.should_exit = True
        self._thread.join()
        self._listening.close()
        self._doors.close()
        self.store.close()
        self.twilio.close()

    def stop_soon(self) -> None:
        """Tell the server to stop, as a signal does."""
        self._server.should_exit = True

    def call(self, method: str, path: str, *, by: str | None = "mei", **more: Any) -> httpx.Response:
        """Make one request with that caller's token."""
        headers = {**({"Authorization": f"Bearer {by}"} if by is not None else {}), **more.pop("headers", {})}
        return self.http.request(method, path, headers=headers, **more)

    @property
    def mail_port(self) -> int:
        """Return the port on which mail comes in."""
        assert self._door is not None
        return self._door.port

    def post(self, body: object, *, by: str | None = "zendesk", path: str = "/v1/tickets") -> httpx.Response:
        return self.call("POST", path, by=by, json=body)

    def ticket(self, ticket_id: str = "T-1") -> dict[str, Any]:
        answer = self.call("GET", f"/v1/tickets/{ticket_id}")
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    def until(self, claim: Callable[[], bool]) -> None:
        """Ask again until the claim holds."""
        gives_up_at = time.monotonic() + PATIENCE_SECONDS
        while not claim():
            assert time.monotonic() < gives_up_at, "it did not come true in time"
            # Whatever the claim asks is another thread's or process's to change: nothing here could tell of it.
            self._thread.join(0.01)


def _add_token(token: Token, tx: Transaction) -> None:
    tx.add_token(token)


def problem(answer: httpx.Response, status: int, detail: str) -> dict[str, Any]:
    """Return the problem document of a refusal, which must have this status and title."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    body: dict[str, Any] = answer.json()
    assert (answer.status_code, body["status"], body["detail"]) == (status, status, detail)
    assert body["type"] == "about:blank"
    assert body["title"]
    return body
