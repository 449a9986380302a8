"""How long the SLA report of 100,000 tickets takes, from the database to the page. Run as `python -m bench.reports`.

The tickets are those of a rehearsal, stored again and again under other names: real logs, real clocks.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

from oncall.paging.domain.events import Event
from oncall.paging.domain.ticket import StoredTicket
from oncall.paging.ports.records import NewVersion, TicketSpan
from oncall.paging.ports.store import Transaction
from oncall.rehearsal.arrivals import made_up, rate_of
from oncall.rehearsal.player import Played, play
from oncall.rehearsal.rehearsal_schedule import schedule_for, span_of
from oncall.rehearsal.responders import Answering, Delay, People
from oncall.rehearsal.scenario import planned
from oncall.reports.pages import sla_page
from oncall.reports.quarter import quarter_of
from oncall.reports.review import review_of
from oncall.reports.sla_report import Days, sla_report
from oncall.reports.sla_text import table
from oncall.rosters.roster_file import read_roster
from oncall.schedule.version_document import publication_document
from oncall.store.database import open_store
from oncall.store.sql_store import SqlStore
from oncall.support.policy_file import packaged_policy_text

TICKETS = 100_000
MOST_SECONDS = 10
REHEARSED = 4_000
ROSTER = Path(__file__).parents[1] / "rosters" / "itopia-cas.yaml"
FIRST, LAST = date(2027, 1, 4), date(2027, 6, 27)
T = TypeVar("T")


def rehearsed(count: int, *, seed: int = 1) -> tuple[Played, NewVersion, list[StoredTicket]]:
    """Rehearse `count` tickets. Return the rehearsal, its publication and its tickets."""
    roster = read_roster(ROSTER)
    span = span_of(roster, FIRST, LAST)
    scenario = planned(roster, FIRST, LAST, seed=seed, time_limit=timedelta(seconds=20))
    schedule = schedule_for(scenario.plan, roster, span)
    rate = replace(rate_of("1/day"), count=count, per=span.end - span.start)
    arrivals = made_up(rate, span, roster.policy, schedule.calendar, seed=seed)
    slow = Answering(Delay(timedelta(minutes=12)), 0.45)
    people = People(day=slow, night=slow, desk=slow)
    until = span.end + timedelta(weeks=3)
    played = play(arrivals, schedule, roster.policy, people, until=until, seed=seed)
    sources = {
        "roster": "",
        "policy": packaged_policy_text(),
        "policy_source": "packaged",
        "policy_zone": roster.zone.key,
    }
    document = publication_document(scenario.plan, roster)
    version = NewVersion(span.start, "publish", "bench", "bench", document, sources)
    return played, version, played.store.tickets_between(TicketSpan(span.start, until, limit=count))


def fill(store: SqlStore, count: int) -> None:
    """Store `count` tickets with their logs in an empty store."""
    played, version, tickets = rehearsed(min(REHEARSED, count))
    store.write(lambda tx: tx.add_version(version))
    for copy in range(-(-count // len(tickets))):
        wanted = tickets[: count - copy * len(tickets)]
        store.write(partial(_add, played=played, tickets=wanted, copy=copy))


def _add(tx: Transaction, *, played: Played, tickets: list[StoredTicket], copy: int) -> None:
    for stored in tickets:
        name = f"{stored.ticket.id}-{copy}"
        tx.add_ticket(replace(stored, ticket=replace(stored.ticket, id=name), code=name, due_at=None))
    tx.append(list(_events(played, tickets, copy)))


def _events(played: Played, tickets: list[StoredTicket], copy: int) -> Iterator[Event]:
    for stored in tickets:
        for event in played.store.events(stored.ticket.id):
            yield replace(event, ticket=f"{event.ticket}-{copy}")


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """Return the result, and the CPU seconds of this process, so that other programs do not count."""
    began = time.process_time()
    found = work()
    return found, time.process_time() - began


def main() -> None:
    """Fill a database, measure, print the table."""
    with tempfile.TemporaryDirectory() as folder, open_store(f"sqlite:///{folder}/bench.db") as store:
        _, filling = timed(lambda: fill(store, TICKETS))
        as_of = datetime(2028, 1, 1, tzinfo=UTC)
        zone = store.read(lambda tx: tx.policy()).zone
        days = Days(FIRST, LAST, zone)
        report, measuring = timed(lambda: store.read(lambda tx: sla_report(tx, days, as_of=as_of)))
        rows, writing = timed(lambda: table(report))
        page, drawing = timed(lambda: sla_page(report))
        name = report.breaches[0].ticket.customer
        quarter = quarter_of("2027Q2")
        review, reviewing = timed(lambda: store.read(lambda tx: review_of(tx, name, quarter, as_of=as_of)))
    print(f"{'what':<44} {'CPU s':>8}  (a report of 100,000 tickets: under {MOST_SECONDS} s)")
    print(f"{'fill the database (not part of a report)':<44} {filling:>8.2f}")
    print(f"{f'SLA report of {report.tickets:,} tickets, {report.counts.total:,} clocks':<44} {measuring:>8.2f}")
    print(f"{f'  as a table of {len(rows)} rows':<44} {writing:>8.2f}")
    print(f"{f'  as a page of {len(page) // 1024:,} kB':<44} {drawing:>8.2f}")
    print(f"{f'business review of {review.now.tickets + review.before.tickets:,} tickets':<44} {reviewing:>8.2f}")


if __name__ == "__main__":
    main()
