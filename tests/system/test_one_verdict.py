"""One verdict on every surface of the real programs: terminal, HTTP, log, clocks and report."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from bench.victims import Process, environment, publish
from doubles.loopback import free_port
from doubles.twilio import TwilioDouble
from tests.paging.world import at, ticket_body

PUBLISHED = at("2027-01-03 12:00")
INSTANTS, TICKETS = 3, 5
PLANS, IMPACTS = ("standard", "business-critical"), ("urgent", "critical", "high", "normal", "low")


@dataclass
class Programs:
    """The command line and the service, on one database."""

    folder: Path
    settings: dict[str, str]

    def run(self, *arguments: str) -> Any:
        """Return the JSON that a command prints."""
        command = [sys.executable, "-m", "oncall.cli.main", *arguments, "--json"]
        ran = subprocess.run(command, env=self.settings, capture_output=True, text=True, check=False, timeout=300)
        assert ran.returncode == 0, ran.stderr
        return json.loads(ran.stdout)

    def at(self, moment: datetime) -> Programs:
        """Return the same programs at another time."""
        return Programs(self.folder, {**self.settings, "ONCALL_CLOCK": moment.isoformat()})


@pytest.mark.slow
def test_every_surface_of_the_real_programs_gives_one_verdict_on_random_tickets_at_random_instants(
    tmp_path: Path,
) -> None:
    random = Random(7)
    minutes = sorted(random.randrange(60 * 24, 60 * 24 * 13) for _ in range(INSTANTS))
    with TwilioDouble() as twilio:
        settings = environment(f"sqlite:///{tmp_path / 'one.db'}", twilio) | {"ONCALL_CLOCK": PUBLISHED.isoformat()}
        publish(tmp_path, settings)
        programs = Programs(tmp_path, settings)
        token = programs.run("token", "create", "mei", "--role", "manager")["token"]
        due: dict[str, datetime] = {}
        for minute in minutes:
            due |= _judge(programs.at(PUBLISHED + timedelta(minutes=minute)), token, random, len(due))
        _report_agrees(programs.at(PUBLISHED + timedelta(days=60)), due)


def _judge(programs: Programs, token: str, random: Random, known: int) -> dict[str, datetime]:
    """Post tickets to a service that starts now, and compare every surface. Return when each first reply is due."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    service = Process(["serve", "--port", str(port)], programs.settings, programs.folder / "serve.log", address)
    service.start()
    try:
        with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=120.0) as http:
            found = {}
            for number in range(known, known + TICKETS):
                body = ticket_body(f"T-{number}", plan=random.choice(PLANS), impact=random.choice(IMPACTS))
                found[body["id"]] = _agreed(programs, http, body)
            return found
    finally:
        service.stop()


def _agreed(programs: Programs, http: httpx.Client, body: Mapping[str, Any]) -> datetime:
    name = body["id"]
    posted = http.post("/v1/tickets", json=dict(body)).json()["verdict"]
    whole = http.get(f"/v1/tickets/{name}").json()
    question = {"plan": body["plan"], "impact": body["impact"], "at": whole["received_at"]}
    explained = http.post("/v1/explain", json=question).json()
    plan, impact, moment = question.values()
    told = programs.run("explain", "--plan", plan, "--impact", impact, "--at", moment)
    listed = {item["id"]: item for item in http.get("/v1/tickets").json()["tickets"]}[name]
    assert told == explained
    assert {key: explained[key] for key in posted} == posted == whole["verdict"] == listed["verdict"]
    judged = next(event for event in whole["events"] if event["kind"] == "judged")
    due = datetime.fromisoformat(posted["first_reply_due"])
    assert (judged["details"]["action"], judged["details"].get("engineer")) == (
        posted["action"],
        posted.get("engineer"),
    )
    assert judged["details"]["reasons"] == posted["reasons"]
    assert datetime.fromisoformat(judged["details"]["first_reply_due"]) == due
    assert (whole["clocks"][0]["metric"], datetime.fromisoformat(whole["clocks"][0]["due_at"])) == ("first_reply", due)
    assert datetime.fromisoformat(whole["first_reply_due"]) == due
    fired = [event for event in whole["events"] if event["kind"] == "step_fired"]
    if posted["action"] == "page":
        assert fired[0]["details"]["to"] == posted["engineer"] == explained["steps"][0]["engineer"]
    assert all(time.endswith((":00", "-05:00")) and "." not in time for time in (posted["first_reply_due"], moment))
    return due


def _report_agrees(programs: Programs, due: Mapping[str, datetime]) -> None:
    """Check that each unanswered first reply breached at the instant that the verdict named."""
    report = programs.run("report", "sla", "--from", "2027-01-01", "--to", "2027-01-31")
    broken = {one["ticket"]: datetime.fromisoformat(one["breached_at"]) for one in report["breaches"]}
    assert (report["tickets"], broken) == (len(due), dict(due))
