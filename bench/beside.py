"""Measures the pager under a steady load, alone and beside visitors, alternating within one run of one service."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from statistics import mean, median, quantiles

import httpx
import psutil

from bench.load import Answers, post_all
from bench.paging_rows import tickets
from bench.running import TwilioProcess, cpu_seconds, service, twilio
from bench.tables import print_table
from bench.victims import ALONE, NIGHT, environment
from oncall.paging.actions.sign_in import start_session
from oncall.rosters.roster_file import read_roster
from oncall.schedule.plan import Plan, Seat
from oncall.schedule.plan_file import write_plan
from oncall.schedule.shifts import shifts_between
from oncall.store.database import open_store
from oncall.support.calendar import calendar_of
from oncall.support.policy_file import packaged_policy_text

RATE, WARM_UP, TURNS = int(os.environ.get("BENCH_RATE", "100")), 100, int(os.environ.get("BENCH_TURNS", "2"))
DAYS = 91
SECONDS = int(os.environ.get("BENCH_SECONDS", "20"))
"""Seconds of each turn."""
LONGEST_WAIT = 60.0
STATUS_FILE = """\
page: {name: itopia CAS, url: https://status.example.com, promise: 99.9, timezone: America/New_York}
components:
""" + "".join(f"  - {{id: part{number}, name: Part {number}, core: true}}\n" for number in range(10))
HEADER = [
    *("in turns", "tickets", "lost", "p50 ms", "p99 ms", "p99 to alone", "answer p99 ms"),
    *("page mean ms", "page mean to alone", "pager CPU s/s", "pages CPU s/s"),
]
"""p50 and p99 are times from the 202 to Twilio; a page is timed from the post of its ticket to Twilio."""


@dataclass
class House:
    """A service with a published team, its tokens, and the process of its Twilio double."""

    address: str
    process: psutil.Process
    provider: TwilioProcess
    url: str
    intake: str
    manager: str
    settings: dict[str, str] = field(repr=False)


@dataclass
class Turn:
    """One turn: what was posted in it, and the processor seconds of the pager's process and of the pages' process."""

    answers: Answers
    seconds: float
    cpu: float
    pages_cpu: float


@contextmanager
def house(
    people: int, more: dict[str, str] | None = None, prepare: Callable[[str], None] | None = None
) -> Iterator[House]:
    """Run a service with a roster of this many engineers. prepare: changes the database before the service starts."""
    with tempfile.TemporaryDirectory() as place, twilio(Path(place), receipts=True) as provider:
        folder, url = Path(place), f"sqlite:///{place}/oncall.db"
        settings = environment(url, provider) | (more or {})
        publish_team(folder, settings, people)
        intake, manager = (_token(settings, role) for role in ("intake", "manager"))
        if prepare is not None:
            prepare(url)
        with service(settings, folder) as (address, process):
            _start_pages(address, folder / "serve.log")
            yield House(address, process, provider, url, intake, manager, settings)


def _start_pages(address: str, log: Path) -> None:
    """Read a page until the process of the pages answers it, so that no turn pays for its start."""
    until = time.monotonic() + LONGEST_WAIT
    while '"pages_ready"' not in log.read_text(encoding="utf-8"):
        if time.monotonic() > until:
            raise RuntimeError("the process of the pages does not start")
        httpx.get(f"{address}/status", timeout=LONGEST_WAIT)
        time.sleep(0.1)


def publish_team(folder: Path, settings: dict[str, str], people: int) -> None:
    """Publish a quarter of a team whose engineers are on call in turn, with a status page of ten components."""
    (folder / "status.yaml").write_text(STATUS_FILE, encoding="utf-8")
    policy = packaged_policy_text().split("\nlimits:\n")[0] + f"\n{ALONE}status: status.yaml\n"
    (folder / "bench.policy.yaml").write_text(policy, encoding="utf-8")
    lines = [
        f'  - {{id: p{number}, name: Person {number}, phone: "+1305555{number + 1000}"}}' for number in range(people)
    ]
    rules = "rotation: {rest_nights: 0, weekends_apart: 1}"
    head = f"policy: bench.policy.yaml\nteam: bench\ntimezone: America/New_York\n{rules}\nengineers:\n"
    manager = '\nmanager: {id: mei, name: Mei Lin, phone: "+13055550100"}\n'
    roster = folder / "bench.yaml"
    roster.write_text(head + "\n".join(lines) + manager, encoding="utf-8")
    team, first = read_roster(roster), date(2027, 1, 4)
    calendar = calendar_of(team.policy, team.holidays)
    shifts = shifts_between(calendar, first_day=first, last_day=first + timedelta(days=DAYS - 1), rules=team.rules)
    turn = cycle(engineer.id for engineer in team.engineers)
    seats = tuple(
        Seat(shift.window, shift.kind, role, person)
        for shift in shifts
        for role, person in zip(team.rules.roles, islice(turn, len(team.rules.roles)), strict=True)
    )
    write_plan(Plan(team.team, team.zone, seats), folder / "plan.csv")
    _oncall(settings, "publish", str(folder / "plan.csv"), "--roster", str(roster))


def sessions(url: str, count: int) -> list[str]:
    """Return the cookies of this many browsers in which engineers of the team are signed in."""
    real_now, names = datetime.now(UTC), [f"p{number % 2}" for number in range(count)]
    with open_store(url) as store:
        made = store.write(lambda tx: [start_session(each, tx, replaces=None, real_now=real_now) for each in names])
    return [f"oncall={each.session_id}" for each in made]


def in_turns(
    own: House, beside: Callable[[], AbstractContextManager[object]], name: str, *, lasts: bool = False
) -> list[list[str]]:
    """Return two rows: the pager alone, and the pager beside the load that `beside` starts.

    The turns alternate, so that a busy machine slows both alike. lasts: the other load outlasts its turn, so all turns
    alone come first.
    """
    warm = _turn(own, "warm", WARM_UP, nullcontext())
    assert warm.answers.accepted_at, "nothing was accepted"
    kinds = ["alone"] * TURNS + [name] * TURNS if lasts else ["alone", name] * TURNS
    turns: dict[str, list[Turn]] = {"alone": [], name: []}
    for number, kind in enumerate(kinds):
        visitors = nullcontext() if kind == "alone" else beside()
        turns[kind].append(_turn(own, f"T{number}", RATE * SECONDS, visitors))
    arrived = _arrivals(own.provider)
    return [_row(kind, found, arrived, turns["alone"]) for kind, found in turns.items()]


def print_turns(rows: Sequence[Sequence[str]]) -> None:
    """Print the table of such rows."""
    print_table(HEADER, rows)


def _turn(own: House, prefix: str, count: int, beside: AbstractContextManager[object]) -> Turn:
    with beside:
        began, before = time.monotonic(), cpu_seconds(own.process)
        pages_before = {page: cpu_seconds(page) for page in own.process.children()}
        headers = {"Authorization": f"Bearer {own.intake}"}
        answers = post_all(f"{own.address}/v1/tickets", headers, tickets(prefix, count), rate=RATE)
        seconds = time.monotonic() - began
        cpu = cpu_seconds(own.process) - before
        pages_cpu = sum(_spent(page, since) for page, since in pages_before.items())
    _wait_for(own.provider, prefix, count)
    return Turn(answers, seconds, cpu, pages_cpu)


def _spent(page: psutil.Process, since: float) -> float:
    """Return the processor seconds of a process since it had used `since`; 0 if it has ended."""
    try:
        return cpu_seconds(page) - since
    except psutil.NoSuchProcess:
        return 0.0


def _wait_for(provider: TwilioProcess, prefix: str, count: int) -> None:
    """Wait until all messages of a turn have arrived, or until patience ends; messages still missing count as lost."""
    until = time.monotonic() + LONGEST_WAIT
    while time.monotonic() < until:
        if sum(key.startswith(f"{prefix}-") for key in _arrivals(provider)) >= count:
            return
        time.sleep(1.0)


def _arrivals(provider: TwilioProcess) -> dict[str, float]:
    """Return when the first message of each ticket arrived, by its id."""
    found: dict[str, float] = {}
    for request in provider.ask("requests")["requests"]:
        words = request["form"].get("Body", "").split()
        if len(words) > 1:
            found.setdefault(words[1], request["monotonic"])
    return found


def _latencies(turns: Sequence[Turn], arrived: dict[str, float]) -> list[float]:
    """Return the milliseconds from each 202 to Twilio; 0 where the message was faster than the answer."""
    return [
        max(arrived[key] - at, 0.0) * 1000
        for turn in turns
        for key, at in turn.answers.accepted_at.items()
        if key in arrived
    ]


def _pages(turns: Sequence[Turn], arrived: dict[str, float]) -> list[float]:
    """Return the milliseconds from each post of a ticket to Twilio."""
    return [
        (arrived[key] - at + turn.answers.taken[key]) * 1000
        for turn in turns
        for key, at in turn.answers.accepted_at.items()
        if key in arrived
    ]


def _row(name: str, turns: Sequence[Turn], arrived: dict[str, float], alone: Sequence[Turn]) -> list[str]:
    waits, accepted = _latencies(turns, arrived), sum(len(turn.answers.accepted_at) for turn in turns)
    taken = [each * 1000 for turn in turns for each in turn.answers.taken.values()]
    seconds = sum(turn.seconds for turn in turns)
    cpu, pages_cpu = sum(turn.cpu for turn in turns) / seconds, sum(turn.pages_cpu for turn in turns) / seconds
    p99, page = _p99(waits), mean(_pages(turns, arrived))
    ratios = f"{p99 / _p99(_latencies(alone, arrived)):.2f}x", f"{page / mean(_pages(alone, arrived)):.2f}x"
    cells = [name, str(accepted), str(accepted - len(waits)), f"{median(waits):.1f}", f"{p99:.1f}", ratios[0]]
    return [*cells, f"{_p99(taken):.1f}", f"{page:.2f}", ratios[1], f"{cpu:.2f}", f"{pages_cpu:.2f}"]


def _p99(values: Sequence[float]) -> float:
    return quantiles(values, n=100)[98]


def post(own: House, path: str, body: object) -> dict[str, object]:
    """Post as the manager and return the answer."""
    answer = httpx.post(own.address + path, json=body, headers={"Authorization": f"Bearer {own.manager}"}, timeout=60)
    return dict(answer.raise_for_status().json())


def _token(settings: dict[str, str], role: str) -> str:
    return str(json.loads(_oncall(settings, "token", "create", f"bench-{role}", "--role", role, "--json"))["token"])


def _oncall(settings: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, "-m", "oncall.cli.main", *arguments]
    ran = subprocess.run(command, env=settings, capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        raise RuntimeError(ran.stderr)
    return ran.stdout


def seen_at(night: str = NIGHT) -> datetime:
    """Return the policy time at which the service begins."""
    return datetime.fromisoformat(night).astimezone(UTC)
