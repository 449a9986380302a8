"""Webhooks of subscribers: https to public addresses alone, connected to what was checked, signed, no redirects."""

from __future__ import annotations

import asyncio
import socket
from datetime import UTC, datetime
from typing import Any

import pytest
from standardwebhooks import Webhook

from oncall.channels.subscriber_hook import NO_HOOK, NO_NAME, PRIVATE, SubscriberHookPost, checked_address
from oncall.errors import DeliveryError, Refused
from oncall.paging.ports.relay import RelayMessage
from tests.relay.receivers import Receiver

SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def resolving(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Let every name have these addresses."""

    async def found(self: object, host: str, port: int, **more: Any) -> list[tuple[Any, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in addresses]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", found)


def carried(url: str) -> DeliveryError | None:
    """Post one notice, and return why it was not accepted."""
    now = datetime.now(UTC)
    message = RelayMessage("msg_1", "hook:1", "status.notice", "1", 1, '{"page": {}}', now, now)

    async def run() -> DeliveryError | None:
        try:
            await SubscriberHookPost(url, SECRET, may_be_loopback=True).carry(message, real_now=now)
        except DeliveryError as error:
            return error
        return None

    return asyncio.run(run())


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "::1", "fe80::1", "fd00::1", "::ffff:10.0.0.1", "2002:0a00:0001::", "64:ff9b::a00:1",
        "fec0::1", "3fff::1", "192.88.99.1",
    ],
)  # fmt: skip
def test_a_name_that_leads_to_a_private_address_is_refused(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    resolving(monkeypatch, "93.184.215.14", address)
    with pytest.raises(Refused) as caught:
        asyncio.run(checked_address("https://hooks.example.com/x"))
    assert str(caught.value) == PRIVATE


def test_the_address_that_was_checked_is_the_one_to_connect_to(monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, "93.184.215.14", "93.184.215.15")
    assert asyncio.run(checked_address("https://hooks.example.com:8443/x")) == "93.184.215.14"


@pytest.mark.parametrize(
    "url",
    ["", "hooks", "http://example.com/x", "ftp://example.com", "https://", "https://u:p@example.com/",
     "https://a b.com/", "https://example.com:99999/", "https://example.com/\r\nx", "https://example.com/#x",
     "https://" + "a" * 600],
)  # fmt: skip
def test_text_that_is_no_https_address_is_refused(url: str) -> None:
    with pytest.raises(Refused) as caught:
        asyncio.run(checked_address(url))
    assert str(caught.value) == NO_HOOK


def test_a_name_that_nobody_knows_is_refused() -> None:
    with pytest.raises(Refused) as caught:
        asyncio.run(checked_address("https://hooks.invalid/x"))
    assert str(caught.value) == NO_NAME


def test_a_notice_arrives_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    with Receiver() as receiver:
        assert carried(f"http://127.0.0.1:{receiver.port}/hook?a=1") is None
    (got,) = receiver.got
    assert (got.path, got.headers["host"]) == ("/hook?a=1", f"127.0.0.1:{receiver.port}")
    assert Webhook(SECRET).verify(got.body, got.headers) == {"page": {}}


def test_a_redirect_is_not_followed() -> None:
    with Receiver() as other, Receiver(lambda _: 302, {"location": f"http://127.0.0.1:{other.port}/"}) as receiver:
        assert str(carried(f"http://127.0.0.1:{receiver.port}/")) == "HTTP 302, a redirect, which is not followed"
    assert other.got == []


def test_a_name_that_has_become_private_since_is_not_posted_to(monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, "10.0.0.1")
    assert str(carried("https://hooks.example.com/")) == PRIVATE
