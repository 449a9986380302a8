"""Schemathesis tries the whole API description against the running service: with data that fits it and data that does
not, as each role, in single requests and in chains."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from oncall.web.access.flood_gate import FloodGate
from oncall.web.services.dependencies import kept
from tests.paging.world import ticket_body
from tests.web.api_document import ApiDocument
from tests.web.service import TOKENS, Service

OPEN = {"/healthz", "/readyz", "/metrics", "/calendar/{secret}.ics"}
SIGNED = "/webhooks/twilio/"
REFUSED = (401, 429, 503)
"""So many requests without a token are a flood, in which the service says only that it will not look at them."""
SECRET_IN_THE_PATH = "/heartbeat/{name}/{secret}"
KEY_IN_THE_BODY = ("/v2/enqueue", "/v2/change/enqueue")
# A 422 is right for data that fits the description if its meaning is wrong: a name that is not in the published policy
# or on the roster, a date before 1971, an end before its start. A 412 is right for `If-Match` with another version than
# the newest. Everything else is as Schemathesis expects it.
CONFIGURATION = """
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "3xx", "401", "403", "404", "409", "412", "422", "429", "5xx"]

[checks.not_a_server_error]
expected-statuses = ["2xx", "3xx", "4xx"]

# A body of a known sender that cannot be understood is kept for a person, and the sender need not send it again.
[[operations]]
include-path-regex = "^/(webhooks/(alertmanager|cloudevents|zendesk)|v2/)"
checks.negative_data_rejection.expected-statuses = ["2xx", "4xx"]
# What an event must have depends on its action.
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "401", "403", "404", "422", "429", "5xx"]

[[operations]]
include-path = "/readyz"
checks.not_a_server_error.expected-statuses = ["2xx", "3xx", "4xx", "503"]
"""
EXAMPLES = 6
"""Random cases for each operation and mode, beside those that cover each limit of the description once."""


def without_floods(service: Service) -> None:
    """Allow any number of refusals: in a flood, answers would come from the guard and not from the routes."""
    refusals = kept(service.app).services.refusals
    refusals.sources = refusals.callers = refusals.unknown_tokens = FloodGate(burst=1_000_000, per_second=1)


@pytest.mark.slow
@pytest.mark.longest
@pytest.mark.parametrize("role", TOKENS)
def test_schemathesis_finds_nothing(role: str, tmp_path: Path) -> None:
    (tmp_path / "schemathesis.toml").write_text(CONFIGURATION, encoding="utf-8")
    with Service(tmp_path) as service:
        without_floods(service)
        service.post(ticket_body("T-1001"))
        command = [sys.executable, "-m", "schemathesis.cli", "run", f"{service.address}/openapi.json"]
        command += ["--checks", "all", "--mode", "all", "--max-examples", str(EXAMPLES), "--no-color"]
        command += ["--generation-deterministic", "--continue-on-failure", "-H", f"Authorization: Bearer {role}"]
        ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "Tested: " in ran.stdout


def test_no_endpoint_answers_without_its_token(quiet: Service) -> None:
    document = ApiDocument(quiet.call("GET", "/openapi.json").json())
    for method, path, operation in document.operations():
        called = path.replace("{ticket_id}", "T-1")
        if "security" in operation:
            for by in (None, "an-unknown-one"):
                assert quiet.call(method, called, by=by).status_code in REFUSED, (method, path)
        elif path in KEY_IN_THE_BODY:
            event = {"routing_key": "an-unknown-one", "event_action": "resolve", "dedup_key": "k"}
            assert quiet.call(method, called, by="mei", json=event).status_code in REFUSED, path
            assert quiet.call(method, called, by="mei", json={}).status_code in (400, 503), path
        elif path == SECRET_IN_THE_PATH:
            assert quiet.call(method, "/heartbeat/job/an-unknown-one", by="mei").status_code in REFUSED, path
        elif path.startswith(SIGNED):
            assert quiet.call(method, called, by="mei", data={"From": "+13055550101"}).status_code in (403, 429), path
        else:
            assert path in OPEN, f"{method} {path} asks for no token"
