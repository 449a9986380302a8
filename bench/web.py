"""Paging beside the web's pages: 200 open boards and 50 customers' pages; and a board of 50 people x 91 days.

    make bench ONLY=web
    BENCH_SECONDS=5 make bench ONLY=web      shorter turns

Aims: a p99 from acceptance to Twilio of at most 1.2 times that without the pages; a board page in under 100 ms.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from statistics import median, quantiles
from urllib.parse import urlsplit

import httpx

from bench.beside import RATE, House, house, in_turns, post, print_turns, sessions
from bench.paging_rows import tickets
from bench.running import cpu_seconds
from bench.visitors import Seen, Visitors, visiting

BOARDS, PORTALS = int(os.environ.get("BENCH_BOARDS", "200")), 50
PEOPLE, LOADS = 50, 40


def main() -> None:
    """Measure both and print the tables."""
    one_board()
    print(f"\n{BOARDS} open boards and {PORTALS} customers' pages beside {RATE} tickets/s (from the 202 to Twilio)")
    beside_boards(BOARDS, PORTALS)


def one_board() -> None:
    """Print what one page of the board takes: 50 people x 91 days, 50 open tickets."""
    cookies: list[str] = []
    with house(PEOPLE, prepare=lambda url: cookies.extend(sessions(url, 1))) as own:
        _post_tickets(own, "open", 50)
        headers = {"Cookie": cookies[0]}
        with httpx.Client(base_url=own.address, headers=headers, timeout=60) as client:
            client.get("/board?weeks=13").raise_for_status()
            taken, before, began = [], cpu_seconds(own.process), time.monotonic()
            for number in range(LOADS):
                _post_tickets(own, f"next{number}", 1)
                sent_at = time.monotonic()
                answer = client.get("/board?weeks=13").raise_for_status()
                taken.append((time.monotonic() - sent_at) * 1000)
            cpu = (cpu_seconds(own.process) - before) / LOADS * 1000
    print(
        f"\nA board of {PEOPLE} people x 91 days, {len(answer.content) / 1024:.0f} KiB, after a new ticket each time: "
        f"median {median(taken):.1f} ms, p90 {quantiles(taken, n=10)[8]:.1f} ms, CPU of the service {cpu:.1f} ms "
        f"with the ticket ({time.monotonic() - began:.0f} s)"
    )


def beside_boards(boards: int, portals: int, *, lists: int = 0) -> None:
    """Print the pager beside so many open boards, customers' pages and terminals that list tickets."""
    cookies: list[str] = []
    with house(PEOPLE, prepare=lambda url: cookies.extend(sessions(url, boards))) as own:
        paths = _customer_pages(own, portals)
        seen: list[Seen] = []

        @contextmanager
        def beside() -> Iterator[None]:
            visitors = Visitors(own.address, cookies, paths, lists=lists, token=own.manager)
            with visiting(visitors) as found:
                yield
            seen.append(found)

        print_turns(in_turns(own, beside, "beside pages"))
    for each in seen:
        loads = [
            f"{kind} {count} ({count / each.seconds:.1f}/s, p50 {each.p50[kind]:.0f} ms, p99 {each.p99[kind]:.0f} ms)"
            for kind, count in each.answers.items()
        ]
        print(f"loads: {', '.join(loads)}; refused {each.refused} {each.first_refusal}")


def _customer_pages(own: House, count: int) -> list[str]:
    """Return the paths of so many customers' pages, each of a ticket of its own."""
    _post_tickets(own, "customer", count)
    make: Callable[[int], str] = lambda number: str(post(own, f"/v1/tickets/customer-{number}/links", {})["url"])  # noqa: E731
    return [urlsplit(make(number)).path for number in range(count)]


def _post_tickets(own: House, prefix: str, count: int) -> None:
    """Post tickets that page no one now."""
    send = partial(
        httpx.post, f"{own.address}/v1/tickets", headers={"Authorization": f"Bearer {own.intake}"}, timeout=60
    )
    for _, body in tickets(prefix, count):
        assert isinstance(body, dict)
        send(json=body | {"impact": "low"}).raise_for_status()


if __name__ == "__main__":
    main()
