"""A caller over its rate limit is told to wait, nothing of it is stored, and other callers notice nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from oncall.errors import SettingsError
from oncall.web.access.caller_rate import BURST_SECONDS, CallerRate
from oncall.wiring import read_settings
from tests.paging.world import ticket_body
from tests.web.api_document import ApiDocument
from tests.web.service import Service, problem

OVER_RATE = "this caller is over its rate limit, and nothing was stored; send the same request after Retry-After"


class Seconds:
    """A clock in seconds that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def allowed(rate: CallerRate, caller: str, count: int, method: str = "POST") -> int:
    return sum(rate.allows(caller, method) for _ in range(count))


def test_a_burst_is_allowed_then_the_rate_and_reads_always() -> None:
    clock = Seconds()
    rate = CallerRate(2, now=clock)
    assert allowed(rate, "crm", 100) == 2 * BURST_SECONDS
    assert (allowed(rate, "other", 1), allowed(rate, "crm", 5, "GET"), allowed(rate, "crm", 5, "HEAD")) == (1, 5, 5)
    clock.now += 3
    assert allowed(rate, "crm", 100) == 6
    clock.now += 3600
    assert allowed(rate, "crm", 100) == 2 * BURST_SECONDS


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with Service(tmp_path_factory.mktemp("limited"), caller_rate=1) as service:
        yield service


@pytest.fixture(scope="module")
def refused(limited: Service) -> list[httpx.Response]:
    """Return three answers to tickets that came over the limit; `X-n` is the n-th ticket that was sent."""
    answers = [limited.post(ticket_body(f"X-{n}", impact="low")) for n in range(4 * BURST_SECONDS)]
    return [answer for answer in answers if answer.status_code == 503][:3]


def test_a_caller_over_its_limit_gets_503_with_retry_after(limited: Service, refused: list[httpx.Response]) -> None:
    for answer in refused:
        problem(answer, 503, OVER_RATE)
        assert answer.headers["retry-after"] == "5"
    assert len(refused) == 3


def test_what_was_accepted_is_stored_and_what_was_refused_is_not(
    limited: Service, refused: list[httpx.Response]
) -> None:
    stored = limited.call("GET", "/v1/tickets?limit=1000").json()["tickets"]
    assert BURST_SECONDS <= len(stored) <= 4 * BURST_SECONDS - len(refused)
    assert limited.post({"kind": "acknowledged"}, by="ana", path="/v1/tickets/X-0/events").status_code == 200


def test_metrics_and_the_doctor_name_the_caller(limited: Service, refused: list[httpx.Response]) -> None:
    metrics = limited.call("GET", "/metrics").text
    assert 'oncall_refused_requests_total{caller="zendesk",reason="rate",status="503"}' in metrics
    findings = limited.call("GET", "/v1/doctor").json()["findings"]
    (sentence,) = [one["sentence"] for one in findings if one["subject"] == "callers"]
    assert sentence.startswith("zendesk was over its rate limit ")
    assert sentence.endswith("make it send less, or raise ONCALL_CALLER_RATE.")


def test_every_change_says_that_it_may_be_answered_503(quiet: Service) -> None:
    document = ApiDocument(quiet.call("GET", "/openapi.json").json())
    changes = [one for one in document.operations() if one[0] != "GET" and "security" in one[2]]
    assert [(method, path) for method, path, operation in changes if "503" not in operation["responses"]] == []


def test_the_limit_is_a_setting(tmp_path: Path) -> None:
    assert (read_settings({}).caller_rate, read_settings({"ONCALL_CALLER_RATE": "50"}).caller_rate) == (500, 50)
    with pytest.raises(SettingsError) as fault:
        read_settings({"ONCALL_CALLER_RATE": "fast"})
    assert str(fault.value) == (
        'ONCALL_CALLER_RATE: "fast" is not a number of changes per second; write a whole number, like "500"'
    )
