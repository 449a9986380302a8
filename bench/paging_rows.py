"""Measures one row of the pager's bench: the real service, or Alertmanager, under one load."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median, quantiles

import psutil

from bench.alertmanager import alertmanager, alerts, webhook
from bench.bare import bare_service
from bench.judging import settle
from bench.load import Answers, Post, post_all
from bench.running import TwilioProcess, cpu_seconds, service, twilio
from bench.victims import environment, publish

WARM_UP = 100
LONGEST_DRAIN = 60.0
RECEIPTS = 2
"""Receipts for each message: sent, delivered."""
NOT_MEASURED = float("nan")
Arrivals = Mapping[str, Sequence[float]]
"""When each ticket arrived (`time.monotonic`), by its id."""


@dataclass(frozen=True)
class Load:
    """A load: `rate` tickets a second for `seconds`, repeated `times` times. receipts: Twilio reports deliveries."""

    rate: int
    seconds: int
    times: int = 1
    receipts: bool = True

    def __str__(self) -> str:
        often = f"{self.times} x " if self.times > 1 else ""
        return f"{often}{self.rate}/s for {self.seconds} s{'' if self.receipts else ', no receipts'}"


@dataclass(frozen=True)
class Row:
    """One line of the table. Latencies are milliseconds of real time; `lost` and `doubled` should be 0.

    repeats: posts that were sent again after a 503 or without an answer. unheard: receipts that the service did not
    take. drained: the longest time (real seconds) from the last 202 of a burst until the last message and receipt. cpu:
    milliseconds of processor time for each ticket, with its receipts.
    """

    name: str
    load: Load
    accepted: int
    repeats: int
    texts: int
    lost: int
    doubled: int
    unheard: int
    p50: float
    p99: float
    drained: float
    cpu: float
    peak_mib: float


@dataclass(frozen=True)
class _Measured:
    answers: Answers
    drained: float
    cpu: float
    peak_mib: float


def service_row(
    name: str, load: Load, database: Callable[[], AbstractContextManager[str]] | None, *, limits: str | None
) -> Row:
    """Measure the service on a new database.

    database: runs a server; None: a SQLite file. limits: of the policy, as a line of its file; None: the packaged
    policy's, so that several tickets may share a text.
    """
    with tempfile.TemporaryDirectory() as place, (database or nullcontext)() as server:
        folder = Path(place)
        url = server or f"sqlite:///{folder}/oncall.db"
        with twilio(folder, receipts=load.receipts) as provider:
            settings = environment(url, provider)
            token = publish(folder, settings, limits=limits)
            with service(settings, folder) as (address, process):
                target = f"{address}/v1/tickets", {"Authorization": f"Bearer {token}"}
                if limits is None:
                    return _shared_row(name, load, _under_load(target, process, load, _in_store(url)), provider, url)
                found = _under_load(target, process, load, _at_provider(provider, load.receipts))
            return _alone_row(name, load, found, provider)


def bare_row(load: Load) -> Row:
    """Measure the least that a pager on the same libraries does (`bench/bare.py`)."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        with twilio(folder, receipts=load.receipts) as provider:
            with bare_service(folder, provider) as (address, process):
                target = f"{address}/v1/tickets", dict[str, str]()
                found = _under_load(target, process, load, _at_provider(provider, load.receipts))
            return _alone_row("bare: the libraries only", load, found, provider)


def _alone_row(name: str, load: Load, found: _Measured, provider: TwilioProcess) -> Row:
    """Return the row of a pager that sends each ticket in a text of its own."""
    arrived, unheard = provider.ask("requests")["requests"], provider.ask("counts")["callbacks_lost"]
    seen: dict[str, list[float]] = {}
    for request in arrived:
        words = request["form"].get("Body", "").split()
        if len(words) > 1:
            seen.setdefault(words[1], []).append(request["monotonic"])
    return replace(_row(name, load, found, seen), unheard=unheard)


def peer_row(path: str, load: Load) -> Row:
    """Measure Alertmanager, with one webhook for each alert. path: of its program."""
    with tempfile.TemporaryDirectory() as place, webhook() as (hook, seen):
        with alertmanager(path, Path(place), hook) as (url, process):

            def arrived(accepted: Sequence[str]) -> None:
                deadline = time.monotonic() + LONGEST_DRAIN
                while any(key not in seen for key in accepted) and time.monotonic() < deadline:
                    time.sleep(0.05)

            found = _under_load((url, {}), process, load, arrived, bodies=alerts)
        return _row("Alertmanager (memory only)", load, found, seen)


def _under_load(
    target: tuple[str, dict[str, str]],
    process: psutil.Process,
    load: Load,
    wait_for: Callable[[Sequence[str]], None],
    *,
    bodies: Callable[[str, int], list[Post]] | None = None,
) -> _Measured:
    """Post the load. wait_for: waits until everything about these keys is done."""
    bodies = bodies or tickets
    wait_for([*post_all(*target, bodies("warm", WARM_UP), rate=50).accepted_at])
    whole, before, drained = Answers(), cpu_seconds(process), 0.0
    for number in range(load.times):
        answers = post_all(*target, bodies(f"T{number}", load.rate * load.seconds), rate=load.rate)
        whole.accepted_at |= answers.accepted_at
        whole.repeats += answers.repeats
        wait_for([*whole.accepted_at])
        drained = max(drained, time.monotonic() - answers.ended_at)
    return _Measured(whole, drained, cpu_seconds(process) - before, process.memory_info().rss / 2**20)


def _at_provider(provider: TwilioProcess, receipts: bool) -> Callable[[Sequence[str]], None]:
    """Return a wait for a message of each ticket, and for its receipts."""
    warm = 0

    def wait_for(accepted: Sequence[str]) -> None:
        nonlocal warm
        warm = warm or len(accepted)
        messages = len(accepted) + (warm if len(accepted) > warm else 0)
        provider.wait_for(messages, callbacks=RECEIPTS * messages if receipts else 0, patience=LONGEST_DRAIN)

    return wait_for


def _in_store(url: str) -> Callable[[Sequence[str]], None]:
    """Return a wait for a page of each ticket that Twilio has, alone or in a text with others."""

    def wait_for(accepted: Sequence[str]) -> None:
        settle(url, list(accepted), patience=LONGEST_DRAIN)

    return wait_for


def _shared_row(name: str, load: Load, found: _Measured, provider: TwilioProcess, url: str) -> Row:
    """Return the row of a policy whose texts may carry several tickets: it counts texts and has no latency."""
    pages = settle(url, list(found.answers.accepted_at), patience=0)
    lost = sum(not any(page.provider_id for page in pages[key]) for key in found.answers.accepted_at)
    texts = provider.ask("counts")["messages"]
    row = _row(name, load, found, {})
    doubled = sum(len({page.provider_id for page in each if page.provider_id}) > 1 for each in pages.values())
    return replace(row, texts=texts, lost=lost, doubled=doubled)


def _row(name: str, load: Load, found: _Measured, seen: Arrivals) -> Row:
    accepted = found.answers.accepted_at
    waits = sorted(max(seen[key][0] - at, 0.0) * 1000 for key, at in accepted.items() if key in seen)
    counts = Counter(len(seen.get(key, [])) for key in accepted)
    measured = len(waits) > 1
    return Row(
        name,
        load,
        accepted=len(accepted),
        repeats=found.answers.repeats,
        texts=sum(times * number for times, number in counts.items()),
        lost=counts[0],
        doubled=sum(number for times, number in counts.items() if times > 1),
        unheard=0,
        p50=median(waits) if measured else NOT_MEASURED,
        p99=quantiles(waits, n=100)[98] if measured else NOT_MEASURED,
        drained=found.drained,
        cpu=found.cpu * 1000 / max(len(accepted), 1),
        peak_mib=found.peak_mib,
    )


def tickets(prefix: str, count: int) -> list[Post]:
    """Return the bodies of `count` urgent tickets, by id."""
    return [
        (
            f"{prefix}-{number}",
            {
                "id": f"{prefix}-{number}",
                "customer": f"Customer {number % 97}",
                "plan": "standard",
                "impact": "urgent",
                "subject": f"Sessions do not start ({number})",
            },
        )
        for number in range(count)
    ]
