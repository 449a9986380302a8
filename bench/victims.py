"""The real processes that the crash test kills, with their settings, schedule and tickets."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, Protocol

import httpx

from doubles.twilio import ACCOUNT_SID, AUTH_TOKEN
from doubles.twilio_posts import NUMBER
from oncall.store.database import open_store

NIGHT = "2027-01-09T03:12:00-05:00"
PATIENCE = 120.0
"""Real seconds for a start, an end, and whatever else must come; only a fault takes so long."""

ALONE = (
    "limits: {bundle_urgent_for: 0s, "
    "urgent_per_phone: {most: 1000000, within: 1s}, urgent_per_caller: {most: 1000000, within: 1s}}\n"
)
"""Limits under which each urgent page is a text of its own, however many come."""

ROSTER = """\
team: crash
timezone: America/New_York
rotation: {rest_nights: 0, weekends_apart: 1}
engineers:
  - {id: ana, name: Ana Pereira, phone: "+13055550101"}
  - {id: ben, name: Ben Okafor, phone: "+13055550102"}
manager: {id: mei, name: Mei Lin, phone: "+13055550100"}
"""


class Process:
    """One real `oncall serve` or `oncall worker`, killed and started again."""

    def __init__(self, command: list[str], environment: dict[str, str], log: Path, address: str | None) -> None:
        self._command = [sys.executable, "-m", "oncall.cli.main", *command]
        self._environment, self._log, self._address = environment, log, address
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it runs."""
        logged = self._log.stat().st_size if self._log.exists() else 0
        self._spawn()
        deadline = time.monotonic() + PATIENCE
        while not self._is_up(logged):
            if not self.is_alive or time.monotonic() > deadline:
                raise RuntimeError(f"it does not start: {self._log.read_text()[-2000:]}")
            time.sleep(0.02)

    def _spawn(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, env=self._environment, stdout=log, stderr=log)

    def _is_up(self, logged: int) -> bool:
        """Return True if it answers or, without an address, has said so. logged: bytes of the log before its start."""
        if self._address is not None:
            return _is_alive(self._address)
        if not self._log.exists():
            return False
        with self._log.open("rb") as log:
            log.seek(logged)
            return b"oncall worker runs." in log.read()

    @property
    def is_alive(self) -> bool:
        """Return True if it runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Return its process id. Raises RuntimeError before its first start."""
        if self._process is None:
            raise RuntimeError("it was never started")
        return self._process.pid

    def kill(self) -> None:
        """Send SIGKILL, so that the process can write nothing more."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> int | None:
        """Send SIGTERM, then wait. Return its exit code; None when it never ran."""
        if self._process is None:
            return None
        self._process.terminate()
        try:
            return self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()


def _is_alive(address: str) -> bool:
    """Return True if a service answers. Unlike httpx, this loads no certificates for each question."""
    with closing(HTTPConnection(address.removeprefix("http://"), timeout=1.0)) as connection:
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False


class Load:
    """Posts tickets one by one, and each again until it is accepted. post: returns True if the ticket was accepted."""

    def __init__(self, post: Callable[[dict[str, Any]], bool], per_second: float) -> None:
        self._post, self._pause = post, 1.0 / per_second
        self.accepted: list[str] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Load:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def wait_for(self, count: int) -> None:
        """Continue until this many tickets are accepted, or until patience ends."""
        deadline = time.monotonic() + PATIENCE
        while len(self.accepted) < count and time.monotonic() < deadline:
            time.sleep(0.05)

    def _run(self) -> None:
        number = 0
        while not self._stop.wait(self._pause):
            body = {
                "id": f"C-{number}",
                "customer": f"Customer {number % 7}",
                "plan": "business-critical",
                "impact": "high" if number % 3 else "urgent",
                "subject": f"Sessions do not start ({number})",
            }
            while not self._post(body):
                if self._stop.wait(0.05):
                    return
            self.accepted.append(f"C-{number}")
            number += 1


@contextmanager
def poster(address: str, token: str) -> Iterator[Callable[[dict[str, Any]], bool]]:
    """Post to the service; a post without an answer is repeated, as an intake system does."""
    client = httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=3.0)

    def post(body: dict[str, Any]) -> bool:
        try:
            answer = client.post("/v1/tickets", json=body)
        except httpx.HTTPError:
            return False
        if answer.status_code not in (200, 202, 503):
            raise RuntimeError(f"HTTP {answer.status_code}: {answer.text[:300]}")
        return answer.status_code != 503

    with client:
        yield post


@contextmanager
def intake(database: str) -> Iterator[Callable[[dict[str, Any]], bool]]:
    """Store tickets as the API does, their pages queued for any pager."""
    from oncall.paging.actions.intake import accept
    from oncall.paging.actions.posted_ticket import parse_ticket
    from oncall.paging.outgoing.new_attempts import ActionContext

    now = datetime.fromisoformat(NIGHT).astimezone(UTC)
    with open_store(database) as store:

        def post(body: dict[str, Any]) -> bool:
            context = ActionContext("bench", now, datetime.now(UTC))
            store.write(lambda tx: accept(tx, parse_ticket(body, tx.policy(), now), context))
            return True

        yield post


class _AtAddress(Protocol):
    @property
    def base_url(self) -> str: ...


def environment(database: str, twilio: _AtAddress) -> dict[str, str]:
    """Return the environment of a Saturday night, without the user's own settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ONCALL_", "TWILIO_"))}
    return kept | {
        "ONCALL_DATABASE_URL": database,
        "ONCALL_CLOCK": NIGHT,
        "ONCALL_SMS": "twilio",
        "TWILIO_BASE_URL": twilio.base_url,
        "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
        "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
        "TWILIO_FROM": NUMBER,
    }


def publish(folder: Path, settings: dict[str, str], *, limits: str | None = None) -> str:
    """Publish a schedule with the same two people every night, and a token for the intake.

    limits: the packaged policy's when None.
    """
    from oncall.rosters.roster_file import read_roster
    from oncall.schedule.plan import Plan, Seat
    from oncall.schedule.plan_file import write_plan
    from oncall.schedule.shifts import shifts_between
    from oncall.support.calendar import calendar_of
    from oncall.support.policy_file import packaged_policy_text

    roster = folder / "crash.yaml"
    roster.write_text(ROSTER if limits is None else f"policy: crash.policy.yaml\n{ROSTER}", encoding="utf-8")
    if limits is not None:
        policy = re.sub(r"^limits:\n(?:  .*\n)+", limits, packaged_policy_text(), flags=re.MULTILINE)
        (folder / "crash.policy.yaml").write_text(policy, encoding="utf-8")
    team = read_roster(roster)
    first = datetime.fromisoformat(NIGHT).date() - timedelta(days=5)
    calendar = calendar_of(team.policy, team.holidays)
    shifts = shifts_between(calendar, first_day=first, last_day=first + timedelta(days=13), rules=team.rules)
    seats = tuple(
        Seat(shift.window, shift.kind, role, person)
        for shift in shifts
        for role, person in (("primary", "ana"), ("secondary", "ben"))
    )
    plan = folder / "plan.csv"
    write_plan(Plan(team.team, team.zone, seats), plan)
    _oncall(settings, "publish", str(plan), "--roster", str(roster))
    made = json.loads(_oncall(settings, "token", "create", "crash", "--role", "intake", "--json"))
    return str(made["token"])


def _oncall(settings: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, "-m", "oncall.cli.main", *arguments]
    ran = subprocess.run(command, env=settings, capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        raise RuntimeError(ran.stderr)
    return ran.stdout
