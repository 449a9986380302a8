"""Paging beside the status page: readers of the page, and notices to subscribers.

    make bench ONLY=status
    BENCH_SECONDS=5 make bench ONLY=status      shorter turns
    BENCH_TURNS=5 make bench ONLY=status        five turns of each kind, not two

Aims: 2,000 answers a second from the cache with a p99 of paging of at most 1.2 times that without them; 10,000
subscribers are told without delaying a page by more than 5 %.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial

from bench.beside import RATE, SECONDS, House, house, in_turns, post, print_turns
from bench.mailbox import mailbox
from bench.visitors import Seen, Visitors, visiting
from oncall.paging.ports.store import Transaction
from oncall.paging.ports.subscribers import NoticeCursor, Subscriber
from oncall.store.database import open_store

SUBSCRIBERS, IN_A_TURN = 10_000, SECONDS * 21
"""Subscribers who are told through all turns, and how many can be told within one turn of 20 mails a second."""
READS = int(os.environ.get("BENCH_READS", "2000"))
EVENTS = "/v1/status/events"


def main() -> None:
    """Measure both and print the tables."""
    readers()
    subscribers(SUBSCRIBERS)
    subscribers(IN_A_TURN)


def readers() -> None:
    """Print the pager beside readers of the status page."""
    print(f"\n/status from its cache: {READS:,} requests a second beside {RATE} tickets/s (from the 202 to Twilio)")
    with house(people=2) as own:
        history(own)
        seen: list[Seen] = []

        @contextmanager
        def beside() -> Iterator[None]:
            with visiting(Visitors(own.address, status_rate=READS)) as found:
                yield
            seen.append(found)

        print_turns(in_turns(own, beside, "beside readers"))
    for each in seen:
        rate = each.answers["status"] / each.seconds
        print(f"answers {rate:,.0f}/s, p50 {each.p50['status']:.1f} ms, p99 {each.p99['status']:.1f} ms")


def subscribers(count: int) -> None:
    """Print the pager beside the notices of an incident to so many subscribers by mail.

    Notices to many outlast their turn, so that the turns alone come first, and a machine that changes its speed
    changes the ratio. Notices to few let the turns alternate.
    """
    print(f"\nAn incident is told to {count:,} subscribers by mail beside {RATE} tickets/s")
    with mailbox() as box:
        mail = {"ONCALL_SMTP_URL": f"smtp://127.0.0.1:{box.port}", "ONCALL_MAIL_FROM": "status@example.com"}
        with house(people=2, more=mail, prepare=partial(subscribe, count=count)) as own:
            told: list[str] = []

            @contextmanager
            def beside() -> Iterator[None]:
                before = box.taken()
                post(own, EVENTS, {"action": "open", "title": "Sign-in fails", "components": {"part1": "major_outage"}})
                began = time.monotonic()
                yield
                told.append(f"{box.taken() - before:,} mails in {time.monotonic() - began:.0f} s of the turn")

            print_turns(in_turns(own, beside, "beside notices", lasts=count > IN_A_TURN))
            print(*told, sep="\n")


def subscribe(url: str, count: int) -> None:
    """Store so many subscribers who are confirmed already."""
    with open_store(url) as store:
        for first in range(0, count, 500):
            store.write(partial(_add, numbers=range(first, min(first + 500, count))))
        store.write(lambda tx: tx.move_notice_cursor(None, NoticeCursor(tx.last_status_event())))


def _add(tx: Transaction, numbers: range) -> None:
    at = datetime(2027, 1, 5, tzinfo=UTC)
    for number in numbers:
        name = f"s{number:05d}"
        tx.put_subscriber(Subscriber(name, f"{name}@example.com", (), f"token-{name}", at, confirmed_at=at))


def history(own: House) -> None:
    """Store a history of the page: forty incidents with three updates each."""
    for number in range(40):
        day = f"2027-01-{1 + number % 8:02d}"
        opened = {
            "action": "open",
            "title": f"Incident {number}",
            "components": {f"part{number % 10}": "partial_outage"},
        }
        incident = post(own, EVENTS, opened | {"at": f"{day}T{number % 12:02d}:00:00-05:00", "message": "We look."})[
            "id"
        ]
        for minutes, state in ((10, "identified"), (20, "resolved")):
            at = f"{day}T{number % 12:02d}:{minutes}:00-05:00"
            update = {"action": "update", "incident": incident, "state": state, "message": "More.", "at": at}
            post(own, EVENTS, update)


if __name__ == "__main__":
    main()
