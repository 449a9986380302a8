"""Two processes that get the same alert at the same time, on each database: one ticket."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from oncall.errors import Conflict
from oncall.intake.senders import SENDERS
from oncall.intake.signals import Signal, SignalKind, Taken
from oncall.intake.take_in import take_in
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.paging.ports.callers import CallerRole, Token
from oncall.paging.ports.records import TicketFilter
from oncall.store.database import open_store
from oncall.store.sql_store import SqlStore
from tests.paging.world import SATURDAY_NIGHT
from tests.store.conftest import (  # noqa: F401
    debian_postgres_server,
    postgres_server,
    store,
    url,
)

CONTEXT = ActionContext("prometheus", SATURDAY_NIGHT, SATURDAY_NIGHT)
ORIGIN = SENDERS["alertmanager"].origin(Token("prometheus", CallerRole.INTAKE, "", SATURDAY_NIGHT))


def _taken(opened: SqlStore, number: int) -> Taken:
    signal = Signal(SignalKind.TRIGGER, f"k{number % 3}", {"severity": "info"}, subject="Down", is_episode=True)
    for _ in range(5):
        try:
            return opened.write(lambda tx: take_in(tx, signal, ORIGIN, CONTEXT))
        except Conflict:
            # The other process was first; the service tries again, too.
            continue
    raise AssertionError("five times another process was first")


def test_an_alert_that_comes_to_two_processes_at_once_is_one_ticket(store: SqlStore, url: str) -> None:  # noqa: F811
    with open_store(url) as other, ThreadPoolExecutor(8) as threads:
        work = [threads.submit(_taken, opened, number) for number in range(12) for opened in (store, other)]
        became = [one.result().became.value for one in work]
    assert sorted(became) == ["opened"] * 3 + ["updated"] * 21
    assert len(store.read(lambda tx: tx.tickets(TicketFilter()))) == 3
