"""Repeated refusals of a caller or provider: another process and an operator are told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from doubles.twilio import ACCOUNT_SID, AUTH_TOKEN
from doubles.twilio_callbacks import CallbackRefused
from doubles.twilio_posts import NUMBER
from tests.paging.world import ticket_body
from tests.system.listener import Listener
from tests.system.test_watch import metrics
from tests.web.service import Service

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
P1 = ticket_body(impact="P1")


def doctor(service: Service, folder: Path) -> dict[str, str]:
    """Return the findings of `oncall doctor`, run as a process with the service's settings, by subject."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("ONCALL_", "TWILIO_"))},
        "HOME": str(folder),
        "ONCALL_DATABASE_URL": f"sqlite:///{service.file}",
        "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
        "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
        "TWILIO_FROM": NUMBER,
        "TWILIO_BASE_URL": service.twilio.base_url,
        "ONCALL_PUBLIC_URL": "https://wrong.example.com",
    }
    command = [sys.executable, "-m", "oncall.cli.main", "doctor", "--json"]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    return {one["subject"]: f"{one['severity']}: {one['sentence']}" for one in json.loads(ran.stdout)["findings"]}


def saved(service: Service) -> int:
    counts = service.store.read(lambda tx: tx.refusals(since=LONG_AGO))
    return sum(each.count for each in counts)


def forge(service: Service) -> None:
    with pytest.raises(CallbackRefused):
        service.twilio.inbound("+13055550101", "ACK", f"{service.address}/webhooks/twilio/sms")


@pytest.mark.slow
def test_doctor_in_another_process_names_callers_and_callbacks_that_are_refused_again_and_again(tmp_path: Path) -> None:
    with Service(tmp_path, public_url="https://wrong.example.com") as service:
        for _ in range(5):
            service.post(ticket_body(), by="a-wrong-one")
            service.post(P1)
            forge(service)
        service.until(lambda: saved(service) >= 15)
        found = doctor(service, tmp_path)
        assert "callers" in found
    assert found["callbacks"].startswith(
        "warns: the provider's callbacks were refused 5 times within 24 hours, the last time just now from 127.0.0.1: "
        "their signature does not match, so no reply by SMS and no receipt counts; ONCALL_PUBLIC_URL "
        "(https://wrong.example.com) must be exactly the address that Twilio calls"
    )


def test_a_server_s_doctor_knows_the_latest_refusals_and_says_when_there_are_none(tmp_path: Path) -> None:
    with Service(tmp_path) as service:
        assert callers(service) == ["no caller was refused again and again in the last 24 hours."]
        for _ in range(5):
            service.post(ticket_body(), by="a-wrong-one")
            service.post(P1)
        unknown, zendesk = sorted(callers(service))
    assert unknown.startswith("requests without a known token were refused 5 times within 24 hours")
    assert zendesk.startswith(
        "zendesk was refused 5 times within 24 hours, the last time just now from 127.0.0.1 (HTTP"
    )
    assert 'impact: "P1" is not an impact of the policy' in zendesk


def callers(service: Service) -> list[str]:
    found = service.call("GET", "/v1/doctor").json()["findings"]
    return [one["sentence"] for one in found if one["subject"] == "callers"]


@pytest.mark.slow
def test_a_caller_that_is_refused_again_and_again_raises_an_alarm_that_its_next_ticket_ends(tmp_path: Path) -> None:
    with Listener() as operator, Service(tmp_path, alarm_url=operator.url) as service:
        for _ in range(3):
            service.post(P1)
        operator.wait(posted=1)
        (alarm,) = operator.posted
        assert alarm["alarm"] == "refused_repeatedly"
        assert alarm["refused"] == [{"caller": "zendesk", "reason": "body", "status": 422, "source": "127.0.0.1"}]
        assert alarm["text"] == (
            'requests of zendesk are refused again and again (HTTP 422: impact: "P1" is not an impact of the policy; '
            'write "urgent", "high", "normal" or "low"); run `oncall doctor`'
        )
        assert metrics(service)["oncall_alarms_total", "refusals"] == 1
        assert service.call("GET", "/readyz").status_code == 200, "other callers' tickets are paged"
        service.post(ticket_body())
        operator.wait(posted=2)
        assert operator.posted[1]["alarm"] == "refusals_clear"


def test_callbacks_that_are_refused_again_and_again_raise_an_alarm(tmp_path: Path) -> None:
    with (
        Listener() as operator,
        Service(tmp_path, alarm_url=operator.url, public_url="https://wrong.example.com") as service,
    ):
        for _ in range(3):
            forge(service)
        operator.wait(posted=1)
    assert operator.posted[0]["text"] == (
        "callbacks of the provider are refused again and again (HTTP 403: the signature does not match); "
        "run `oncall doctor`"
    )


def test_unknown_tokens_raise_no_alarm(tmp_path: Path) -> None:
    """Anyone on the internet can send unknown tokens."""
    with Listener() as operator, Service(tmp_path, alarm_url=operator.url) as service:
        for _ in range(9):
            service.post(ticket_body(), by="a-wrong-one")
        service.until(lambda: saved(service) >= 1)
    assert operator.posted == []
