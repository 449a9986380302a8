"""Tickets stored as the API stores them, and their pages."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Any

from bench.victims import NIGHT
from oncall.paging.actions.intake import accept
from oncall.paging.actions.posted_ticket import parse_ticket
from oncall.paging.domain.ticket import Attempt
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.paging.ports.store import Transaction
from oncall.store.database import open_store
from tests.paging.world import ticket_body


def post(url: str, names: list[str], *, now: datetime | None = None, **changes: Any) -> None:
    """Store tickets as the API does, their pages queued for any pager. now: policy time; when NIGHT begins if None."""
    context = ActionContext("test", now or datetime.fromisoformat(NIGHT).astimezone(UTC), datetime.now(UTC))
    with open_store(url) as store:
        for name in names:
            store.write(partial(_accept, ticket_body(name, **changes), context))


def _accept(body: dict[str, Any], context: ActionContext, tx: Transaction) -> None:
    accept(tx, parse_ticket(body, tx.policy(), context.now), context)


def pages_of(url: str, names: list[str]) -> dict[str, list[Attempt]]:
    """Return every attempt of these tickets, by ticket id."""
    with open_store(url) as store:
        return store.read(lambda tx: {name: tx.attempts(name) for name in names})
