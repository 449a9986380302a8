"""Killed at random instants, with a provider that fails in every way: no page is lost, and none is sent twice.

The real process runs under load against a Twilio on loopback that resets connections after it accepted, answers 500
after it accepted, hangs, answers 429 and goes away altogether; the process is killed with SIGKILL again and again, and
started again. Of three tickets one is urgent and goes alone; the others go in messages of several. At the end the page
of every ticket that was answered for must stand in one SMS of Twilio's list.

    python -m bench.crash --kills 1000      shared out among houses side by side; says on stderr how far it is

BENCH_KILLS: how often it is killed, on each database; 40 when absent.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from doubles.twilio import ACCOUNT_SID, AUTH_TOKEN, NUMBER, TwilioDouble
from doubles.twilio_account import TwilioMessage
from doubles.twilio_faults import Fault, Request, cut, error_after_accept, hang, not_json, refuse, reset
from oncall.paging.ticket import Attempt, AttemptStatus, Purpose
from oncall.store.database import open_store

NIGHT = "2027-01-09T03:12:00-05:00"
PATIENCE = 120.0
"""Real seconds after the last fault until every page must be with the provider."""
SAY_EVERY = 25
_SERVERS = threading.Lock()
TAKEN = (AttemptStatus.ACCEPTED, AttemptStatus.SENT, AttemptStatus.DELIVERED)

FAULTS: tuple[tuple[float, Fault], ...] = (
    (0.05, reset(accept=True)),
    (0.03, reset(accept=False)),
    (0.05, error_after_accept(500)),
    (0.03, refuse(503, 20503)),
    (0.03, cut(accept=True)),
    (0.02, not_json()),
    (0.05, refuse(429, 20429, retry_after="1")),
    (0.01, hang(10.0, accept=True)),
    (0.01, hang(10.0, accept=False)),
)
"""How often each fault comes, and what it is. The pager waits 8 s for an answer."""


@dataclass
class Outcome:
    """What became of it. tickets: answered for; bundled: how many of their pages went in one message with others."""

    name: str
    kills: int = 0
    outages: int = 0
    tickets: int = 0
    bundled: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    faults: int = 0

    def cells(self) -> list[str]:
        """A line of the table."""
        return [
            self.name, str(self.kills), str(self.outages), str(self.faults), str(self.tickets),
            str(self.bundled), str(len(self.lost)), str(len(self.doubled)), f"{self.seconds:.0f}",
        ]  # fmt: skip


ROSTER = """\
team: crash
timezone: America/New_York
rotation: {rest_nights: 0, weekends_apart: 1}
engineers:
  - {id: ana, name: Ana Pereira, phone: "+13055550101"}
  - {id: ben, name: Ben Okafor, phone: "+13055550102"}
manager: {id: mei, name: Mei Lin, phone: "+13055550100"}
"""
LIMITS = "limits: {bundle_for: 2s, per_phone: {most: 10000, within: 1s}, sender: {most: 10000, within: 1s}}\n"
"""Two of three tickets wait for each other and go as one message, however many urgent ones come."""
HEADER = ["process", "kills", "outages", "faults", "tickets", "bundled", "lost", "doubled", "seconds"]


class Chaos:
    """A Twilio that misbehaves at random, from a seed, until it is told to be well."""

    def __init__(self, twilio: TwilioDouble, seed: int) -> None:
        self._twilio, self._random = twilio, random.Random(seed)
        self.count = 0
        self._outage: threading.Timer | None = None
        # The draw is made once for each request and shared by the rules, which are asked in their order.
        self._drawn: tuple[Request | None, float] = (None, 1.0)
        edge = 0.0
        for share, fault in FAULTS:
            low, edge = edge, edge + share
            twilio.rule(fault, when=self._between(low, edge))

    def _between(self, low: float, high: float) -> Callable[[Request], bool]:
        def when(request: Request) -> bool:
            if self._drawn[0] is not request:
                self._drawn = (request, self._random.random())
            hit = low <= self._drawn[1] < high
            self.count += hit
            return hit

        return when

    def outage(self, seconds: float) -> bool:
        """Nobody can connect for so long, while the killing goes on. False, and nothing, while there is one already."""
        if self._outage is not None and self._outage.is_alive():
            return False
        self._twilio.refuse_connections()
        self._outage = threading.Timer(seconds, self._twilio.accept_connections)
        self._outage.start()
        return True

    def wait(self) -> None:
        """Until the last outage is over."""
        if self._outage is not None:
            self._outage.join()


class Process:
    """One real `oncall serve` or `oncall worker`, killed and started again."""

    def __init__(self, command: list[str], environment: dict[str, str], log: Path, address: str | None) -> None:
        self._command = [sys.executable, "-m", "oncall.cli.main", *command]
        self._environment, self._log, self._address = environment, log, address
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it is at work."""
        before = self._announcements()
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, env=self._environment, stdout=log, stderr=log)
        deadline = time.monotonic() + 30
        while not self._is_up(before):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"it does not start: {self._log.read_text()[-2000:]}")
            time.sleep(0.02)

    def _is_up(self, before: int) -> bool:
        if self._address is None:
            return self._announcements() > before
        with suppress(httpx.HTTPError):
            return httpx.get(f"{self._address}/healthz", timeout=1.0).is_success
        return False

    def _announcements(self) -> int:
        """How often it has said that it pages."""
        return self._log.read_text().count("oncall worker pages.") if self._log.exists() else 0

    @property
    def is_alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """SIGKILL: it gets no chance to say or write anything."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> int | None:
        """SIGTERM, then wait. Gives its exit code; None when it never ran."""
        if self._process is None:
            return None
        self._process.terminate()
        try:
            return self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()


class Load:
    """Posts tickets one after the other, each until it is answered for. `post` gives whether it was."""

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
    """Posts to the service; what was not answered for is posted again, as an intake system does."""
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


def environment(database: str, twilio: TwilioDouble) -> dict[str, str]:
    """Nothing of the user's own settings, and a Saturday night."""
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


def settle(database: str, accepted: list[str], *, patience: float = PATIENCE) -> dict[str, list[Attempt]]:
    """Wait until a provider has every page of these tickets. Gives their tries, whatever became of them."""
    deadline = time.monotonic() + patience
    pages: dict[str, list[Attempt]] = {}
    waiting = set(accepted)
    with open_store(database) as store:
        while waiting and time.monotonic() < deadline:
            for ticket in sorted(waiting):
                tries = store.read(lambda tx, name=ticket: tx.attempts(name))  # type: ignore[misc]
                pages[ticket] = [attempt for attempt in tries if attempt.purpose is Purpose.PAGE]
                if any(attempt.status in TAKEN for attempt in pages[ticket]):
                    waiting.discard(ticket)
            time.sleep(0.25)
    return pages


def judge(
    outcome: Outcome, messages: Sequence[TwilioMessage], accepted: list[str], pages: dict[str, list[Attempt]]
) -> None:
    """Compare what was answered for with Twilio's list: every page's text must be there, and once for each message.

    A message of several pages is its leading try's; one that is no try's text says again what another one said.
    """
    arrived: dict[str, list[str]] = {}
    for message in messages:
        if " Reply ACK " in message.body:
            arrived.setdefault(message.body, []).append(f"{message.sid} at {message.date_created:%H:%M:%S}")
    tries = [page for ticket in accepted for page in pages.get(ticket, [])]
    owed = Counter(page.text for page in tries if not page.rides)
    outcome.tickets = len(accepted)
    outcome.bundled = sum(page.bundle is not None for page in tries)
    outcome.lost = [ticket for ticket in accepted if not any(one.text in arrived for one in pages.get(ticket, []))]
    known = set(accepted)
    for text, sent in arrived.items():
        ticket = text.split()[1]
        # What was stored without an answer to whoever posted it is owed to nobody.
        if len(sent) > owed[text] and ticket in known:
            shown = [f"{one.status.value}, {one.tries} tries, {one.provider_id}: {one.error}" for one in pages[ticket]]
            outcome.doubled[ticket] = f"{', '.join(sent)}; {' | '.join(shown)}"


def main(arguments: Sequence[str] = ()) -> None:
    """Run on SQLite and on PostgreSQL, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.crash", description="Kill the pager under load, and count.")
    parser.add_argument("--kills", type=int, default=int(os.environ.get("BENCH_KILLS", "40")), help="on each database")
    parser.add_argument("--seed", type=int, default=int(os.environ.get("BENCH_SEED", "1")))
    parser.add_argument("--houses", type=int, default=2, help="victims side by side, each with all that it needs")
    parser.add_argument("--longest-outage", type=float, default=60.0, help="seconds for which nobody reaches Twilio")
    chosen = parser.parse_args(arguments)
    print(f"\nKilled {chosen.kills} times under load, with a failing provider (seed {chosen.seed})", flush=True)
    rows = [
        _side_by_side(name, torment, chosen.kills, chosen.houses, chosen.seed, chosen.longest_outage)
        for name, torment in (("oncall serve, SQLite", _on_sqlite), ("2 x oncall worker, PostgreSQL", _on_postgres))
    ]
    table = [HEADER, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in table) for column in range(len(HEADER))]
    for line in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)))
    for row in rows:
        for ticket in row.lost:
            print(f"LOST {ticket} ({row.name})")
        for ticket, why in row.doubled.items():
            print(f"DOUBLED {ticket} ({row.name}): {why}")
    if any(row.lost for row in rows):
        raise SystemExit(1)


class Tally:
    """Counts kills of all houses and says now and then how far it is."""

    def __init__(self, name: str, kills: int) -> None:
        self._name, self._kills, self._began = name, kills, time.monotonic()
        self._done, self._lock = 0, threading.Lock()

    def killed(self) -> None:
        """One more."""
        with self._lock:
            self._done += 1
            if self._done % SAY_EVERY == 0:
                words = f"{self._name}: {self._done} of {self._kills} kills in {time.monotonic() - self._began:.0f} s"
                print(words, file=sys.stderr, flush=True)


def _side_by_side(
    name: str, torment: Callable[..., Outcome], kills: int, houses: int, seed: int, longest_outage: float
) -> Outcome:
    """The kills shared out among houses that know nothing of each other; what became of all of them together."""
    tally, began = Tally(name, kills), time.monotonic()
    shares = [kills // houses + (number < kills % houses) for number in range(houses)]
    with ThreadPoolExecutor(houses) as pool:
        running = [
            pool.submit(torment, kills=share, seed=seed + number, longest_outage=longest_outage, tally=tally)
            for number, share in enumerate(shares)
            if share
        ]
        found = [one.result() for one in running]
    whole = Outcome(name, seconds=time.monotonic() - began)
    for number, one in enumerate(found, start=1):
        whole.kills, whole.outages = whole.kills + one.kills, whole.outages + one.outages
        whole.bundled += one.bundled
        whole.tickets, whole.faults = whole.tickets + one.tickets, whole.faults + one.faults
        whole.lost += [f"{ticket} of house {number}" for ticket in one.lost]
        whole.doubled |= {f"{ticket} of house {number}": why for ticket, why in one.doubled.items()}
    return whole


def _on_sqlite(**asked: Any) -> Outcome:
    with tempfile.TemporaryDirectory() as folder:
        return crash_service(Path(folder), **asked)


def _on_postgres(**asked: Any) -> Outcome:
    from bench.pager import postgres

    server = postgres()
    # What starts and stops servers may be used by one thread at a time.
    with _SERVERS:
        url = server.__enter__()
    try:
        with tempfile.TemporaryDirectory() as folder:
            return crash_workers(Path(folder), url, **asked)
    finally:
        with _SERVERS:
            server.__exit__(None, None, None)


def crash_service(
    folder: Path, *, kills: int, seed: int, longest_outage: float = 1.5, tally: Tally | None = None
) -> Outcome:
    """`oncall serve` on SQLite: API and pager die together."""
    from bench.pager import free_port

    database = f"sqlite:///{folder}/oncall.db"
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with TwilioDouble(auto_deliver=True) as twilio:
        settings = environment(database, twilio)
        token = publish(folder, settings, limits=LIMITS)
        service = Process(["serve", "--port", str(port)], settings, folder / "serve.log", address)
        with poster(address, token) as post:
            return _torment(
                Outcome("oncall serve, SQLite"), twilio, database, [service], post,
                kills=kills, seed=seed, longest_outage=longest_outage, tally=tally,
            )  # fmt: skip


def crash_workers(
    folder: Path, database: str, *, kills: int, seed: int, longest_outage: float = 1.5, tally: Tally | None = None
) -> Outcome:
    """Two `oncall worker` on PostgreSQL; tickets are stored by another process, and one worker dies at a time."""
    with TwilioDouble(auto_deliver=True) as twilio, ExitStack() as open_things:
        settings = environment(database, twilio)
        publish(folder, settings, limits=LIMITS)
        workers = [Process(["worker"], settings, folder / f"worker-{number}.log", None) for number in (1, 2)]
        store = open_things.enter_context(_intake(database))
        return _torment(
            Outcome("2 x oncall worker, PostgreSQL"), twilio, database, workers, store,
            kills=kills, seed=seed, longest_outage=longest_outage, tally=tally,
        )  # fmt: skip


def _torment(
    outcome: Outcome,
    twilio: TwilioDouble,
    database: str,
    processes: list[Process],
    post: Callable[[dict[str, Any]], bool],
    *,
    kills: int,
    seed: int,
    longest_outage: float,
    tally: Tally | None,
) -> Outcome:
    chance, began = random.Random(seed), time.monotonic()
    chaos = Chaos(twilio, seed)
    with ExitStack() as running:
        for process in processes:
            running.callback(process.stop)
            process.start()
        with Load(post, per_second=20) as load:
            for _ in range(kills):
                time.sleep(chance.uniform(0.05, 1.2))
                if chance.random() < 0.15:
                    outcome.outages += chaos.outage(chance.uniform(0.2, longest_outage))
                victim = chance.choice(processes)
                victim.kill()
                outcome.kills += 1
                if tally is not None:
                    tally.killed()
                victim.start()
            time.sleep(0.5)
        chaos.wait()
        twilio.clear_faults()
        pages = settle(database, load.accepted)
    outcome.faults = chaos.count
    judge(outcome, twilio.messages, load.accepted, pages)
    outcome.seconds = time.monotonic() - began
    return outcome


@contextmanager
def _intake(database: str) -> Iterator[Callable[[dict[str, Any]], bool]]:
    """Stores tickets as the API does, their pages queued for any pager."""
    from oncall.paging.advance import Hand
    from oncall.paging.intake import accept, parse_ticket

    now = datetime.fromisoformat(NIGHT).astimezone(UTC)
    with open_store(database) as store:

        def post(body: dict[str, Any]) -> bool:
            hand = Hand("bench", now, datetime.now(UTC))
            store.write(lambda tx: accept(tx, parse_ticket(body, tx.policy(), now), hand))
            return True

        yield post


def publish(folder: Path, settings: dict[str, str], *, limits: str | None = None) -> str:
    """A schedule with the same two people every night, and a token for the intake. limits: the packaged policy's when
    None."""
    from oncall.rosters.file import read_roster
    from oncall.schedule.plan import Plan, Seat
    from oncall.schedule.planfile import write_plan
    from oncall.schedule.shifts import shifts_between
    from oncall.support.calendar import calendar_of
    from oncall.support.policyfile import packaged_policy_text

    roster = folder / "crash.yaml"
    roster.write_text(ROSTER if limits is None else f"policy: crash.policy.yaml\n{ROSTER}", encoding="utf-8")
    if limits is not None:
        policy = re.sub(r"^limits:\n(?:  .*\n)+", limits, packaged_policy_text(), flags=re.MULTILINE)
        (folder / "crash.policy.yaml").write_text(policy, encoding="utf-8")
    team = read_roster(roster)
    first = datetime.fromisoformat(NIGHT).date() - timedelta(days=5)
    calendar = calendar_of(team.policy, team.holidays)
    shifts = shifts_between(calendar, first_day=first, last_day=first + timedelta(days=13), weekend=team.rules.weekend)
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


if __name__ == "__main__":
    main(sys.argv[1:])
