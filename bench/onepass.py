"""The cost of one pass of the engine with a million open tickets of which a hundred are due, and with a thousand open.

Each ticket is a copy, made in the database, of one that the pager took in, judged and paged: its row, its log and its
page. A pass finds the hundred that are due, folds their logs, decides, writes the next page of each, hands it to a
provider in memory and records the answer. The clock is moved by hand, so that every pass has a hundred of its own.

BENCH_OPEN: how many tickets are open in the large store; a million when absent.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import structlog
from sqlalchemy import (
    ColumnClause,
    Connection,
    Table,
    Text,
    cast,
    create_engine,
    func,
    insert,
    literal,
    literal_column,
    null,
    select,
    text,
    true,
    type_coerce,
    update,
)

from bench.running import postgres
from bench.victims import NIGHT, publish
from doubles.clock import FakeClock
from oncall.paging.actions.intake import accept
from oncall.paging.actions.posted_ticket import parse_ticket
from oncall.paging.domain.ticket import AttemptStatus
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.paging.ports.channel import Message, Receipt
from oncall.paging.sending.engine import Engine
from oncall.store.address import SqliteAddress, address_of
from oncall.store.columns import UtcDateTime
from oncall.store.database import open_store
from oncall.store.sql_store import SqlStore
from oncall.store.tables import attempts, events, tickets

DUE = 100
PASSES = 5
FEW = 1_000
STARTS = datetime.fromisoformat(NIGHT).astimezone(UTC)
FIRST_PASS = STARTS + timedelta(minutes=6)
"""By then the second step of every ticket is due; the store says so of a hundred at a time."""
HEADER = ["store", "open", "due", "pass ms", "idle pass ms", "beside 1,000"]


@dataclass
class Instant:
    """A provider that accepts every message at once."""

    taken: int = 0
    name: str = "memory"

    async def send(self, message: Message) -> Receipt:
        """Accept the message."""
        self.taken += 1
        return Receipt(f"SM{self.taken:032d}", AttemptStatus.ACCEPTED)

    async def find(self, message: Message, *, since: datetime, ends_with: str, known: Sequence[str]) -> Receipt | None:
        """Return nothing; no pass asks."""
        return None

    async def status(self, provider_id: str) -> Receipt:
        """Return that the message was delivered."""
        return Receipt(provider_id, AttemptStatus.DELIVERED)

    async def close(self) -> None:
        """Nothing to close."""


def main() -> None:
    """Measure both sizes on both databases, and print the table."""
    many = int(os.environ.get("BENCH_OPEN", "1000000"))
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    print(f"\nOne pass of the engine, {DUE} tickets due (medians of {PASSES} passes)")
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        rows += pair("SQLite", [f"sqlite:///{folder}/{name}.db" for name in ("few", "many")], many, Path(folder))
    with tempfile.TemporaryDirectory() as folder, postgres() as few, postgres() as url:
        rows += pair("PostgreSQL", [few, url], many, Path(folder))
    structlog.reset_defaults()
    table = [HEADER, *rows]
    widths = [max(len(line[column]) for line in table) for column in range(len(HEADER))]
    for line in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def pair(name: str, urls: Sequence[str], many: int, folder: Path) -> list[list[str]]:
    """Return the rows of a store with a thousand open tickets and of one with `many`."""
    rows, first = [], 0.0
    for url, count in zip(urls, (FEW, many), strict=True):
        fill(url, count, folder)
        busy, idle = asyncio.run(passes(url))
        first = first or busy
        rows.append([name, f"{count:,}", str(DUE), f"{busy:.1f}", f"{idle:.1f}", f"{busy / first:.2f}x"])
    return rows


def fill(url: str, count: int, folder: Path) -> None:
    """Publish, accept one ticket and page it, and copy it until `count` are open."""
    publish(folder, {**os.environ, "ONCALL_DATABASE_URL": url, "ONCALL_CLOCK": NIGHT})
    body = {"id": "T-0", "customer": "Acme", "plan": "standard", "impact": "urgent", "subject": "No session starts"}
    with open_store(url) as store:
        context = ActionContext("bench", STARTS, STARTS)
        store.write(lambda tx: accept(tx, parse_ticket(body, tx.policy(), STARTS), context))
        asyncio.run(_one_pass(_engine(store, FakeClock(STARTS))))
    address = address_of(url)
    driver_url = f"sqlite:///{address.path}" if isinstance(address, SqliteAddress) else address.url
    writer = create_engine(driver_url)
    later = literal(STARTS + timedelta(days=30), UtcDateTime())
    with writer.begin() as connection:
        _copy(connection, tickets, count, lambda name: {"id": name, "code": "Z" + name, "due_at": later})
        _copy(connection, events, count, lambda name: {"ticket": name})
        settled = {"status": literal("delivered"), "claimable_at": null(), "retry_at": null()}
        settled["sent_at"] = _seconds_before(connection, STARTS)
        _copy(connection, attempts, count, lambda name: {**settled, "id": name, "ticket": name, "provider_id": name})
        connection.execute(update(attempts).where(attempts.c.ticket == "T-0").values(claimable_at=None))
        for number in range(PASSES + 1):
            names = [f"{each}" for each in range(number * DUE + 1, (number + 1) * DUE + 1)]
            due = update(tickets).where(tickets.c.id.in_(names)).values(due_at=FIRST_PASS + timedelta(seconds=number))
            connection.execute(due)
    with writer.connect() as connection:
        connection.execute(text("ANALYZE"))
        connection.commit()
    writer.dispose()


def _seconds_before(connection: Connection, at: datetime) -> Any:
    """Return SQL for `at` minus the copy's number in seconds, so that the pages have different times."""
    number: ColumnClause[int] = literal_column("numbers.i")
    if connection.dialect.name == "sqlite":
        shown = func.strftime(
            "%Y-%m-%dT%H:%M:%S.000000+00:00", at.strftime("%Y-%m-%dT%H:%M:%S"), func.printf("-%d seconds", number)
        )
        return type_coerce(shown, UtcDateTime())
    return literal(at, UtcDateTime()) - func.make_interval(0, 0, 0, 0, 0, 0, number)


def _copy(connection: Connection, table: Table, count: int, changes: Callable[[Any], dict[str, Any]]) -> None:
    """Copy T-0's rows of a table this many times. changes: by column, SQL that may use a copy's name."""
    numbers = select(literal(1).label("i")).cte("numbers", recursive=True)
    numbers = numbers.union_all(select(numbers.c.i + 1).where(numbers.c.i < count))
    changed = changes(cast(numbers.c.i, Text))
    kept = [column for column in table.c if column.name != "seq"]
    owner = table.c.id if table is tickets else table.c.ticket
    chosen = select(*(changed.get(column.name, column) for column in kept)).join_from(table, numbers, true())
    connection.execute(insert(table).from_select([column.name for column in kept], chosen.where(owner == "T-0")))


def _engine(store: SqlStore, clock: FakeClock) -> Engine:
    return Engine(store=store, channels={"sms": Instant()}, clock=clock, worker="bench")


async def _one_pass(engine: Engine) -> float:
    """Return the milliseconds of real time until everything is recorded."""
    began = time.perf_counter()
    await engine.run_once()
    await engine.settle()
    return (time.perf_counter() - began) * 1000


async def passes(url: str) -> tuple[float, float]:
    """Return the milliseconds of a pass with a hundred due, and of one with nothing due.

    The first pass of each is not counted.
    """
    clock = FakeClock(FIRST_PASS)
    with open_store(url) as store:
        engine = _engine(store, clock)
        busy, idle = [], []
        for number in range(PASSES + 1):
            clock.moment = FIRST_PASS + timedelta(seconds=number)
            busy.append(await _one_pass(engine))
            idle.append(await _one_pass(engine))
        sent = store.read(lambda tx: len([one for one in tx.attempts("1") if one.step == 1]))
        if sent != 1:
            raise RuntimeError(f"ticket 1 got {sent} pages of its second step, not one")
    return median(busy[1:]), median(idle[1:])


if __name__ == "__main__":
    main()
