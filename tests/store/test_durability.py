"""Every finished write survives a kill of the process at any moment."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from oncall.paging.ports.records import TicketFilter
from oncall.paging.ports.store import Transaction
from oncall.store.database import open_store

ROOT = Path(__file__).parents[2]

_WRITER = """
import itertools, sys, threading
from oncall.store.database import open_store
from tests.store.examples import attempt, event, ticket

store = open_store(sys.argv[1])
numbers, lock = itertools.count(), threading.Lock()

def post():
    while True:
        name = f"{sys.argv[2]}-{next(numbers)}"
        store.write(lambda t: (
            t.add_ticket(ticket(name)), t.append([event(name)] * 3), t.add_attempts([attempt(f"a-{name}", name)])
        ))
        with lock:
            print(name, flush=True)

for _ in range(4):
    threading.Thread(target=post).start()
"""


def sizes(t: Transaction) -> dict[str, tuple[int, int]]:
    """Return how many events and attempts each ticket has."""
    ids = [found.ticket.id for found in t.tickets(TicketFilter(limit=100_000))]
    return {ticket_id: (len(t.events(ticket_id)), len(t.attempts(ticket_id))) for ticket_id in ids}


@pytest.mark.slow
def test_every_finished_write_survives_a_kill_of_the_process(url: str) -> None:
    open_store(url).close()
    for answers in (1, 20, 60):
        command = [sys.executable, "-c", _WRITER, url, f"after-{answers}"]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        assert child.stdout is not None
        answered = {child.stdout.readline().strip() for _ in range(answers)}
        child.kill()
        answered |= set(child.stdout.read().split("\n")[:-1])
        child.stdout.close()
        child.wait(120)
        with open_store(url) as store:
            found = store.read(sizes)
        assert answered <= set(found)
        assert set(found.values()) == {(3, 1)}, "no ticket is stored without its log and its page"
