"""Queued notices under the sender's rate limit: the cost of one pass with 10, 100 and 1,000 of them.

All are due in every measured pass, and none may go out. A pass claims at most 50 of them and asks each question once.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any

import structlog
from sqlalchemy import Engine as DatabaseEngine
from sqlalchemy import create_engine, update

from bench.onepass import STARTS, Instant
from bench.terminal import publish
from doubles.clock import FakeClock
from doubles.postgres_servers import debian_server, has_debian_server, new_database
from doubles.statements import counted
from oncall.paging.actions.intake import accept
from oncall.paging.actions.posted_ticket import parse_ticket
from oncall.paging.domain.ticket import Attempt, AttemptStatus, Purpose
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.paging.sending.engine import Engine
from oncall.store.database import open_store
from oncall.store.tables import attempts

COUNTS = (10, 100, 1_000)
PASSES = 15
PEOPLE = ("ana", "ben")
HEADER = ["store", "waiting", "pass ms", "of it our CPU", "statements", "CPU beside 10"]


def main() -> None:
    """Measure SQLite and Debian's PostgreSQL, and print the table."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    print(f"\nOne pass of the engine while notices wait for a rate limit (medians of {PASSES} passes)")
    with tempfile.TemporaryDirectory() as folder:
        table = [HEADER, *rows("SQLite", lambda count: f"sqlite:///{folder}/{count}.db")]
    if has_debian_server():
        with debian_server() as server, databases(server) as new:
            table += rows("PostgreSQL, JIT on", new)
    else:
        print("Debian's PostgreSQL is not installed: make test-system installs it.")
    structlog.reset_defaults()
    widths = [max(len(line[column]) for line in table) for column in range(len(HEADER))]
    for line in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


@contextmanager
def databases(server: str) -> Iterator[Callable[[int], str]]:
    """Yield a function that returns the address of a new database for each count."""
    with new_database(server) as few, new_database(server) as more, new_database(server) as many:
        yield dict(zip(COUNTS, (few, more, many), strict=True)).__getitem__


def rows(name: str, address: Callable[[int], str]) -> list[list[str]]:
    """Return the table's rows of one kind of database."""
    found, first = [], 0.0
    for count in COUNTS:
        took, cpu, statements = asyncio.run(passes(address(count), count))
        first = first or cpu
        found.append([name, f"{count:,}", f"{took:.1f}", f"{cpu:.1f}", str(statements), f"{cpu / first:.2f}x"])
    return found


async def passes(url: str, count: int) -> tuple[float, float, int]:
    """Return the time of a pass with this many queued notices, the CPU of this process, and its number of statements.

    Times in milliseconds.
    """
    publish(url, date(2027, 1, 31))
    body = {"id": "T-0", "customer": "Acme", "plan": "standard", "impact": "low", "subject": "No session starts"}
    clock = FakeClock(STARTS)
    writer = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with open_store(url) as store:
        context = ActionContext("bench", STARTS, STARTS)
        store.write(lambda tx: accept(tx, parse_ticket(body, tx.policy(), STARTS), context))
        spent = [notice(number, status=AttemptStatus.ACCEPTED, retry_at=None) for number in range(10_000, 10_020)]
        store.write(lambda tx: tx.add_attempts([*map(notice, range(count)), *spent]))
        engine = Engine(store=store, channels={"sms": Instant()}, clock=clock, worker="bench")
        took, cpu, run = [], [], []
        for number in range(PASSES + 3):
            clock.moment = STARTS + timedelta(seconds=6 * number)
            make_due(writer, clock.moment)
            with counted() as statements:
                began, used = time.perf_counter(), time.process_time()
                await engine.run_once()
                took.append((time.perf_counter() - began) * 1000)
                cpu.append((time.process_time() - used) * 1000)
            await engine.settle()
            run.append(len(statements))
    writer.dispose()
    return median(took[3:]), median(cpu[3:]), int(median(run[3:]))


def notice(number: int, **changes: Any) -> Attempt:
    """Return a notice that is due at the start."""
    plain = Attempt(
        id=f"n-{number}",
        ticket="T-0",
        at=STARTS,
        to=PEOPLE[number % len(PEOPLE)],
        channel="sms",
        purpose=Purpose.NOTICE,
        body=f"Notice {number}",
        status=AttemptStatus.QUEUED,
        written_at=STARTS,
        retry_at=STARTS,
    )
    return replace(plain, **changes)


def make_due(writer: DatabaseEngine, now: datetime) -> None:
    """Make every queued notice due now, and use up the sender's limit."""
    waits = attempts.c.status == "queued"
    with writer.begin() as connection:
        due = {"retry_at": now, "claimable_at": now, "lease_until": None, "at": now}
        connection.execute(update(attempts).where(waits).values(due))
        connection.execute(update(attempts).where(attempts.c.status == "accepted").values(sent_at=now))


if __name__ == "__main__":
    main()
