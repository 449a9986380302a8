"""A marked test page through the real path: it is timed, never escalates, and is over when it is acknowledged."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from oncall.paging.ticket import TicketStatus
from tests.web.service import Service

OUR_WORDS = "a test of the pager. Nothing is wrong. Please reply at once."


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with Service(tmp_path) as running:
        yield running


class Terminal:
    """`oncall drill` in a process of its own, on the service's database."""

    def __init__(self, service: Service, *options: str) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ONCALL_", "TWILIO_"))}
        environment = kept | {
            "ONCALL_DATABASE_URL": f"sqlite:///{service.file}",
            "ONCALL_CLOCK": "2027-01-09T03:12:00-05:00",
        }
        command = [sys.executable, "-m", "oncall.cli.main", "drill", "--json", *options]
        self._process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def ended(self) -> tuple[int, dict[str, Any], str]:
        """Its exit code, its answer and its story."""
        out, err = self._process.communicate(timeout=30)
        return self._process.returncode, json.loads(out) if out else {}, err


def test_a_drill_reports_acceptance_delivery_and_answer_and_is_over(service: Service) -> None:
    terminal = Terminal(service, "--to", "chloe", "--wait", "20")
    (message,) = service.twilio.wait_for_messages(1, timeout_seconds=20)
    name, words, code = message.body.split()[0].rstrip(":"), message.body, message.body.split()[-1]
    assert words == f"{name}: {OUR_WORDS} Reply ACK {code}"
    assert name.startswith("DRILL-")
    service.until(lambda: service.ticket(name)["attempts"][0]["status"] == "accepted")
    service.twilio.deliver(message.sid, "delivered")
    answer = service.twilio.inbound(message.to, f"ACK {code}", f"{service.address}/webhooks/twilio/sms")
    assert answer == f"Thank you: {name} has arrived, the drill is over."
    exit_code, result, story = terminal.ended()
    assert exit_code == 0, story
    assert (result["ticket"], result["to"], result["status"], result["error"]) == (name, "chloe", "delivered", None)
    assert 0 <= result["accepted_after"] <= result["delivered_after"] <= result["answered_after"] < 20
    shown = service.ticket(name)
    assert (shown["state"], [event["kind"] for event in shown["events"]]) == (
        "resolved",
        ["received", "step_fired", "resolved"],
    )
    assert len(service.twilio.messages) == 1


def test_a_drill_that_nobody_answers_ends_by_itself_with_exit_code_1(service: Service) -> None:
    exit_code, result, story = Terminal(service, "--wait", "2").ended()
    assert (exit_code, result["to"], result["answered_after"]) == (1, "ana", None)
    assert story.splitlines()[-1] == f"oncall: {result['ticket']}: no answer in 2 s; see `oncall doctor`"
    stored = service.store.read(lambda tx: tx.ticket(result["ticket"]))
    assert stored is not None
    assert stored.status is TicketStatus.RESOLVED


def test_a_drill_to_a_stranger_is_refused(service: Service) -> None:
    exit_code, _, story = Terminal(service, "--to", "chloi").ended()
    assert (exit_code, story) == (
        1,
        'oncall: nobody on the published rosters has the id "chloi"; did you mean "chloe"?\n',
    )
