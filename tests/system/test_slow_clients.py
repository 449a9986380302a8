"""A real service beside 1,500 clients that never finish a request still answers honest posts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.slow_clients import CLIENTS, honest_posts
from bench.victims import Process, environment, publish
from doubles.loopback import free_port
from doubles.slow_clients import KINDS, SlowClients
from doubles.twilio import TwilioDouble
from oncall.wiring.web_service import raise_open_files

POSTS = 20
IN_TIME_SECONDS = 10.0
"""What a helpdesk waits for an answer. A busy machine takes seconds for what it does in a tenth of one otherwise."""


A_QUARTER = {"ONCALL_CONNECTIONS": "1000", "ONCALL_TRUSTED_PROXIES": "none"}
"""Loopback is no proxy: a quarter of 1,000 connections for the slow clients and the honest one together."""
CASES = [
    ("silent", {}),
    ("silent", {"ONCALL_CONNECTIONS": "1000"}),
    ("silent", A_QUARTER),
    ("header byte by byte", A_QUARTER),
    ("body byte by byte", A_QUARTER),
    ("unread answers", {}),
    ("pipelining", {}),
    ("half-closed", {}),
]


@pytest.fixture
def served(tmp_path: Path, limits: dict[str, str]) -> Iterator[tuple[str, str]]:
    """The address of a running service and a token."""
    raise_open_files()
    with TwilioDouble() as twilio:
        settings = environment(f"sqlite:///{tmp_path}/oncall.db", twilio) | limits
        token = publish(tmp_path, settings)
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        service = Process(["serve", "--port", str(port)], settings, tmp_path / "serve.log", address)
        service.start()
        try:
            yield address, token
        finally:
            assert service.stop() is not None


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "limits"), CASES)
def test_beside_1500_slow_clients_95_percent_of_honest_posts_are_answered_in_time(
    served: tuple[str, str], kind: str
) -> None:
    address, token = served
    with SlowClients(address, CLIENTS, KINDS[kind]):
        waits = honest_posts(address, token, POSTS)
    answered = [wait for wait in waits if wait is not None and wait <= IN_TIME_SECONDS]
    assert len(answered) >= 0.95 * POSTS, waits
