"""The stderr log of real processes through a night of faults: one event a line, each action documented, and never a
full number, token or text."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.victims import ALONE, Process, environment, publish
from doubles.loopback import free_port
from doubles.twilio import AUTH_TOKEN, TwilioDouble
from doubles.twilio_callbacks import CallbackRefused
from doubles.twilio_faults import Operation, cut, error_after_accept, not_json, refuse, reset
from doubles.twilio_posts import NUMBER
from oncall.wiring.logs import masked
from tests.paging.world import ticket_body

ANA, BEN = "+13055550101", "+13055550102"
PAGE = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")
STORY = ("OUTBOX: ", "REHEARSAL: ", "oncall serves on ", "oncall worker pages.", "Its metrics are on ")
SECRETS = re.compile(
    rf"{AUTH_TOKEN}|oncall_[\w-]{{30,}}|\+\d{{7,}}|%2B\d{{7,}}|3055550\d{{3}}|5005550\d{{3}}|Zebra crossing"
)


@dataclass
class Night:
    """A service, its Twilio double, and its log."""

    address: str
    token: str
    twilio: TwilioDouble
    log: Path

    def post(self, name: str) -> None:
        body = ticket_body(name, subject=f"Zebra crossing {ANA}", contact=BEN)
        httpx.post(
            f"{self.address}/v1/tickets", json=body, headers={"Authorization": f"Bearer {self.token}"}, timeout=120
        )

    def events(self) -> list[dict[str, Any]]:
        """Return every log event after the start-up lines."""
        whole, _, _ = self.log.read_text(encoding="utf-8").rpartition("\n")
        lines = whole.splitlines()
        return [json.loads(line) for line in lines if not line.startswith(STORY)]

    def events_with(self, wanted: set[str]) -> list[dict[str, Any]]:
        """Return the events once these actions are among them, or after two minutes."""
        waiting = threading.Event()
        for _ in range(1200):
            if wanted <= {event.get("action") for event in self.events()}:
                break
            waiting.wait(0.1)
        return self.events()


@pytest.fixture
def night(tmp_path: Path) -> Iterator[Night]:
    with TwilioDouble() as twilio:
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        settings = {**environment(f"sqlite:///{tmp_path}/oncall.db", twilio), "ONCALL_PUBLIC_URL": address}
        token = publish(tmp_path, settings, limits=ALONE)
        service = Process(["serve", "--port", str(port)], settings, tmp_path / "serve.log", address)
        service.start()
        try:
            yield Night(address, token, twilio, tmp_path / "serve.log")
        finally:
            service.stop()


@pytest.mark.slow
def test_every_line_of_a_bad_night_is_an_event_with_a_known_action_and_no_secret(night: Night) -> None:
    twilio, hook = night.twilio, f"{night.address}/webhooks/twilio/sms"
    twilio.script(
        reset(accept=True), error_after_accept(500), refuse(429, 20429, retry_after="1"), cut(), not_json(), reset()
    )
    for number in range(8):
        night.post(f"T-{number}")
    twilio.wait_for_messages(8)
    twilio.inbound(BEN, "ACK", hook)
    twilio.inbound(ANA, "what is this " + BEN, hook)
    twilio.inbound("+19995550123", "WHO", hook)
    with pytest.raises(CallbackRefused):
        twilio.inbound(ANA, "ACK", hook, auth_token="forged")
    twilio.inbound(ANA, "STOP", hook)
    twilio.script(error_after_accept(), on=Operation.CALL)
    night.post("T-20")
    call = twilio.wait_for_calls(1)[0]
    twilio.answer(call.sid, "7", "1")
    twilio.rule(refuse(401, 20003), when=lambda request: " T-21 " in request.form["Body"])
    twilio.inbound(ANA, "START", hook)
    night.post("T-21")
    twilio.refuse_connections()
    night.post("T-22")
    with socket.create_connection(("127.0.0.1", int(night.address.rpartition(":")[2]))) as rude:
        rude.sendall(b"\x00\x01 " + ANA.encode() + b" is no HTTP\r\n\r\n")
        rude.recv(1000)
    twilio.accept_connections()
    wanted = {"accepted", "ambiguous", "temporary", "permanent", "operator_alarm", "library"}
    events = night.events_with(wanted)
    actions = {event.get("action") for event in events}
    assert wanted <= actions
    assert sorted(str(action) for action in actions if f"`{action}`" not in PAGE) == []
    assert SECRETS.findall(night.log.read_text(encoding="utf-8")) == []
    assert NUMBER not in str(events)


@pytest.mark.slow
def test_the_log_says_of_each_page_why_it_is_owed_the_first_one_as_those_that_follow(night: Night) -> None:
    night.post("T-1")
    (message,) = night.twilio.wait_for_messages(1)
    night.twilio.inbound(message.to, "PASS", f"{night.address}/webhooks/twilio/sms")
    night.twilio.wait_for_messages(2)
    due = [event for event in night.events_with({"accepted"}) if event["action"] == "page_due"]
    assert [(event["ticket"], event["to"], event["channel"], event["step"], event["why"]) for event in due] == [
        ("T-1", "ana", "sms", 0, "ana is primary"),
        ("T-1", "ben", "sms", 2, "ben is secondary"),
    ]


@given(st.text(alphabet="0123456789 +-%2Bax.:", max_size=60))
def test_no_run_of_seven_digits_is_left_of_what_a_library_says(words: str) -> None:
    assert re.search(r"\d{7}", masked(words)) is None


def test_times_and_codes_are_left_as_they_are() -> None:
    words = "2027-01-09T03:12:00.123456 code 30034 of port 46935"
    assert masked(words) == words
    assert masked(f"to {ANA}, from {BEN}") == "to ...01, from ...02"
