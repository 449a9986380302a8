"""Kills the service at random instants, with a provider that fails in every way: no page is lost or sent twice.

The real process runs under load against a Twilio on loopback that resets connections after it accepted, answers 500
after it accepted, hangs, answers 429 and goes away altogether. It reports each message as sent and delivered, and
drops reports that the service does not take. The bench kills the process with SIGKILL and starts it again, many times.
One of three tickets is urgent and its page goes alone; the others share messages. At the end the page of every accepted
ticket must be in exactly one SMS of Twilio's list. If one is lost or doubled, the bench ends with exit code 1.

    make crash                  200 kills on each database, as `.ci/run` does
    make crash KILLS=1000       longer; both say on stderr how far they are

BENCH_KILLS: how often it is killed, on each database; default: 40.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack, closing
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from bench.chaos import Chaos
from bench.judging import Outcome, judge, settle, tries
from bench.nursery import ForkedProcess, Nursery
from bench.victims import Load, environment, intake, poster, publish
from doubles.loopback import free_port
from doubles.twilio import TwilioDouble

SAY_EVERY = 25
WITH_WORKER = "oncall serve and worker, PostgreSQL"
_SERVERS = threading.Lock()

LIMITS = (
    "limits: {bundle_for: 2s, bundle_urgent_for: 0s,"
    " per_phone: {most: 10000, within: 1s}, sender: {most: 10000, within: 1s},"
    " urgent_per_phone: {most: 1000000, within: 1s}, urgent_per_caller: {most: 1000000, within: 1s}}\n"
)
"""Two of three tickets wait for each other and go as one message, however many urgent ones come."""
FEWEST = 30
"""Tickets answered for before a run is over: on a slow machine a victim may live too short a time for many."""
UNDER_LOAD = 0.7
"""Share of the victims that live until a ticket has been accepted. On a busy machine few would without this wait."""
HEADER = ["process", "kills", "outages", "faults", "tickets", "receipts", "bundled", "lost", "doubled", "seconds"]


def main(arguments: Sequence[str] = ()) -> None:
    """Run on SQLite and on PostgreSQL, and print the table. Raises SystemExit if a page is lost or doubled."""
    parser = argparse.ArgumentParser(prog="python -m bench.crash", description="Kill the pager under load, and count.")
    parser.add_argument("--kills", type=int, default=int(os.environ.get("BENCH_KILLS", "40")), help="on each database")
    parser.add_argument("--seed", type=int, default=int(os.environ.get("BENCH_SEED", "1")))
    parser.add_argument("--services", type=int, default=2, help="services side by side, each with its own Twilio")
    parser.add_argument("--longest-outage", type=float, default=60.0, help="seconds for which nobody reaches Twilio")
    chosen = parser.parse_args(arguments)
    print(f"\nKilled {chosen.kills} times under load, with a failing provider (seed {chosen.seed})", flush=True)
    rows = _on_each_database(chosen.kills, chosen.services, chosen.seed, chosen.longest_outage)
    print(table(rows))
    if complaints := list(complaints_about(rows)):
        print("\n".join(complaints))
        raise SystemExit(1)


def _on_each_database(kills: int, services: int, seed: int, longest_outage: float) -> list[Outcome]:
    """Run on all databases at the same time, each in a process of its own: most of a run is waiting."""
    torments = {"oncall serve, SQLite": _on_sqlite, WITH_WORKER: _on_postgres}
    with ProcessPoolExecutor(len(torments), mp_context=get_context("spawn")) as pool:
        running = [
            pool.submit(_side_by_side, name, torment, kills, services, seed, longest_outage)
            for name, torment in torments.items()
        ]
        return [one.result() for one in running]


def table(rows: Sequence[Outcome]) -> str:
    """Return the table of the results, with a line for each database."""
    cells = [HEADER, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(HEADER))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in cells)


def complaints_about(rows: Sequence[Outcome]) -> Iterator[str]:
    """Yield a line for each lost and each doubled ticket, and for a run that proves nothing."""
    for row in rows:
        for ticket in row.lost:
            yield f"LOST {ticket} ({row.name})"
        for ticket, why in row.doubled.items():
            yield f"DOUBLED {ticket} ({row.name}): {why}"
        if row.tickets < FEWEST or not row.receipts:
            yield f"TOO FEW: {row.tickets} tickets and {row.receipts} receipts prove nothing ({row.name})"


class Tally:
    """Counts the kills of all services, and prints progress now and then."""

    def __init__(self, name: str, kills: int) -> None:
        self._name, self._kills, self._began = name, kills, time.monotonic()
        self._done, self._lock = 0, threading.Lock()

    def killed(self) -> None:
        """Count one more kill."""
        with self._lock:
            self._done += 1
            if self._done % SAY_EVERY == 0:
                words = f"{self._name}: {self._done} of {self._kills} kills in {time.monotonic() - self._began:.0f} s"
                print(words, file=sys.stderr, flush=True)


def _side_by_side(
    name: str, torment: Callable[..., Outcome], kills: int, services: int, seed: int, longest_outage: float
) -> Outcome:
    """Share the kills among independent services, and return the result of all."""
    tally, began = Tally(name, kills), time.monotonic()
    shares = [kills // services + (number < kills % services) for number in range(services)]
    with ThreadPoolExecutor(services) as pool:
        running = [
            pool.submit(torment, kills=share, seed=seed + number, longest_outage=longest_outage, tally=tally)
            for number, share in enumerate(shares)
            if share
        ]
        found = [one.result() for one in running]
    whole = Outcome(name, seconds=time.monotonic() - began)
    for number, one in enumerate(found, start=1):
        whole.kills, whole.outages = whole.kills + one.kills, whole.outages + one.outages
        whole.bundled, whole.receipts = whole.bundled + one.bundled, whole.receipts + one.receipts
        whole.tickets, whole.faults = whole.tickets + one.tickets, whole.faults + one.faults
        whole.lost += [f"{ticket} of service {number}" for ticket in one.lost]
        whole.doubled |= {f"{ticket} of service {number}": why for ticket, why in one.doubled.items()}
    return whole


def _on_sqlite(**asked: Any) -> Outcome:
    with tempfile.TemporaryDirectory() as folder:
        return crash_service(Path(folder), **asked)


def _on_postgres(**asked: Any) -> Outcome:
    from bench.running import postgres

    server = postgres()
    # What starts and stops servers may be used by one thread at a time.
    with _SERVERS:
        url = server.__enter__()
    try:
        with tempfile.TemporaryDirectory() as folder:
            # No kill stops whoever posts here: for hours on end, tickets must come no faster than texts can go out.
            return crash_workers(Path(folder), url, per_second=3, **asked)
    finally:
        with _SERVERS:
            server.__exit__(None, None, None)


def crash_service(
    folder: Path, *, kills: int, seed: int, longest_outage: float = 1.5, tally: Tally | None = None
) -> Outcome:
    """`oncall serve` on SQLite: API and pager die together."""
    database = f"sqlite:///{folder}/oncall.db"
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with TwilioDouble(auto_deliver=True) as twilio:
        settings = environment(database, twilio)
        token = publish(folder, settings, limits=LIMITS)
        with closing(Nursery(settings)) as nursery, poster(address, token) as post:
            service = ForkedProcess(nursery, ["serve", "--port", str(port)], folder / "serve.log", address)
            return _torment(
                Outcome("oncall serve, SQLite"), twilio, database, [service], post, per_second=20,
                kills=kills, seed=seed, longest_outage=longest_outage, tally=tally,
            )  # fmt: skip


def crash_workers(
    folder: Path,
    database: str,
    *,
    kills: int,
    seed: int,
    per_second: float = 20,
    longest_outage: float = 1.5,
    tally: Tally | None = None,
) -> Outcome:
    """`oncall serve`, which takes the receipts, and `oncall worker` on PostgreSQL, of which one dies at a time.

    A third process stores the tickets. per_second: tickets. No one acknowledges, so the pager pages for each ticket
    again and again during the kills.
    """
    with TwilioDouble(auto_deliver=True) as twilio, ExitStack() as open_things:
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        settings = {**environment(database, twilio), "ONCALL_PUBLIC_URL": address}
        publish(folder, settings, limits=LIMITS)
        nursery = open_things.enter_context(closing(Nursery(settings)))
        pagers = [
            ForkedProcess(nursery, ["serve", "--port", str(port)], folder / "serve.log", address),
            ForkedProcess(nursery, ["worker"], folder / "worker.log", None),
        ]
        store = open_things.enter_context(intake(database))
        return _torment(
            Outcome(WITH_WORKER), twilio, database, pagers, store, per_second=per_second,
            kills=kills, seed=seed, longest_outage=longest_outage, tally=tally,
        )  # fmt: skip


def _torment(
    outcome: Outcome,
    twilio: TwilioDouble,
    database: str,
    processes: Sequence[ForkedProcess],
    post: Callable[[dict[str, Any]], bool],
    *,
    per_second: float,
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
        with Load(post, per_second) as load:
            for _ in range(kills):
                before = len(load.accepted)
                time.sleep(chance.uniform(0.05, 1.2))
                if chance.random() < UNDER_LOAD:
                    load.wait_for(before + 1)
                if chance.random() < 0.15:
                    outcome.outages += chaos.outage(chance.uniform(0.2, longest_outage))
                victim = chance.choice(processes)
                victim.kill()
                outcome.kills += 1
                if tally is not None:
                    tally.killed()
                victim.start()
            load.wait_for(FEWEST)
            time.sleep(0.5)
        chaos.wait()
        twilio.clear_faults()
        settle(database, load.accepted)
    # The pagers have ended: what they wrote and what Twilio lists are of the same moment.
    outcome.faults, outcome.receipts = chaos.count, twilio.callbacks_taken
    judge(outcome, twilio.messages, load.accepted, tries(database, load.accepted))
    outcome.seconds = time.monotonic() - began
    return outcome


if __name__ == "__main__":
    main(sys.argv[1:])
