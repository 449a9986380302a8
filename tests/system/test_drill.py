"""A marked test page on the real path: it is timed, never escalates, and ends when it is acknowledged."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from doubles.twilio_faults import refuse
from oncall.paging.domain.ticket import TicketStatus
from tests.web.service import Service

OUR_WORDS = "a test of the pager. Nothing is wrong. Please reply at once."


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with Service(tmp_path) as running:
        yield running


def on_its_database(service: Service) -> dict[str, str]:
    return {"ONCALL_DATABASE_URL": f"sqlite:///{service.file}", "ONCALL_CLOCK": "2027-01-09T03:12:00-05:00"}


def through_its_server(service: Service) -> dict[str, str]:
    return {"ONCALL_SERVER": service.address, "ONCALL_TOKEN": "mei"}


Way = Callable[[Service], dict[str, str]]
both_ways = pytest.mark.parametrize("way", [on_its_database, through_its_server])


class Terminal:
    """`oncall drill`, or another command, in a process of its own."""

    def __init__(
        self, service: Service, way: Way, *options: str, command: str = "drill", is_for_machines: bool = True
    ) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ONCALL_", "TWILIO_"))}
        environment = kept | way(service)
        form = ["--json"] if is_for_machines else []
        command_line = [sys.executable, "-m", "oncall.cli.main", command, *form, *options]
        self._process = subprocess.Popen(
            command_line, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def ended(self) -> tuple[int, dict[str, Any], str]:
        """Return the exit code, the JSON answer and the text output."""
        exit_code, out, err = self.printed()
        return exit_code, json.loads(out) if out else {}, err

    def printed(self) -> tuple[int, str, str]:
        """Return the exit code, stdout and stderr."""
        out, err = self._process.communicate(timeout=120)
        return self._process.returncode, out, err


@pytest.mark.slow
@both_ways
def test_a_drill_reports_acceptance_delivery_and_answer_and_is_over(service: Service, way: Way) -> None:
    terminal = Terminal(service, way, "--to", "chloe", "--wait", "100")
    (message,) = service.twilio.wait_for_messages(1)
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
    assert 0 <= result["accepted_after"] <= result["delivered_after"] <= result["answered_after"] < 100
    shown = service.ticket(name)
    assert (shown["state"], [event["kind"] for event in shown["events"]]) == (
        "resolved",
        ["received", "step_fired", "resolved"],
    )
    assert len(service.twilio.messages) == 1


@pytest.mark.slow
@both_ways
def test_a_drill_that_nobody_answers_ends_by_itself_with_exit_code_1(service: Service, way: Way) -> None:
    exit_code, result, story = Terminal(service, way, "--wait", "2").ended()
    assert (exit_code, result["to"], result["answered_after"]) == (1, "ana", None)
    assert story.splitlines()[-1] == f"oncall: {result['ticket']}: no answer in 2 s; see `oncall doctor`"
    stored = service.store.read(lambda tx: tx.ticket(result["ticket"]))
    assert stored is not None
    assert stored.status is TicketStatus.RESOLVED


@pytest.mark.slow
@both_ways
def test_each_time_of_a_drill_is_said_once(service: Service, way: Way) -> None:
    exit_code, answer, story = Terminal(service, way, "--wait", "2", is_for_machines=False).printed()
    assert exit_code == 1
    assert re.fullmatch(r"accepted after \d\.\d s\nnot delivered\nnot answered\n", answer)
    name = story.partition(":")[0]
    begun, ended = story.splitlines()
    assert re.fullmatch(rf"{name}: a test page for ana; waiting 2 s for ACK \w+\.", begun)
    assert ended == f"oncall: {name}: no answer in 2 s; see `oncall doctor`"


@pytest.mark.slow
@both_ways
def test_a_drill_to_a_stranger_is_refused(service: Service, way: Way) -> None:
    exit_code, _, story = Terminal(service, way, "--to", "chloi").ended()
    assert (exit_code, story) == (
        1,
        'oncall: nobody on the published rosters has the id "chloi"; did you mean "chloe"?\n',
    )


def test_a_drill_that_a_provider_refuses_says_why_at_once(service: Service) -> None:
    service.twilio.script(refuse(400, 21211))
    exit_code, result, story = Terminal(service, through_its_server, "--to", "chloe", "--wait", "100").ended()
    assert (exit_code, result["status"], result["accepted_after"]) == (1, "failed", None)
    assert story.splitlines()[-1] == (
        f"oncall: {result['ticket']}: Twilio refused the message to chloe (number ending in 03): "
        "the number is not valid (code 21211); correct the phone number in the roster; see `oncall doctor`"
    )
    assert service.twilio.messages == []


@pytest.mark.slow
def test_an_answered_drill_is_what_the_doctor_calls_reached(service: Service) -> None:
    def untried() -> str:
        exit_code, found, story = Terminal(service, through_its_server, command="doctor").ended()
        assert exit_code == 0, story
        return str(next(one["sentence"] for one in found["findings"] if one["subject"] == "phone"))

    assert untried().startswith("no message to or from the current number of ana, ben, mei has")
    terminal = Terminal(service, through_its_server, "--to", "ana")
    (message,) = service.twilio.wait_for_messages(1)
    service.twilio.inbound(message.to, "ACK", f"{service.address}/webhooks/twilio/sms")
    assert terminal.ended()[0] == 0
    assert untried().startswith("no message to or from the current number of ben, mei has")


@pytest.mark.slow
def test_a_server_that_is_away_says_that_nothing_was_changed(service: Service) -> None:
    gone = lambda _: {"ONCALL_SERVER": "http://127.0.0.1:1", "ONCALL_TOKEN": "mei"}  # noqa: E731
    for command in ("doctor", "drill"):
        exit_code, _, story = Terminal(service, gone, command=command).ended()
        assert (exit_code, story) == (
            1,
            "oncall: http://127.0.0.1:1 cannot be reached (Connection refused); nothing was changed\n",
        )
