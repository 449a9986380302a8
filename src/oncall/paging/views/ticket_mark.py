"""Computes a mark: a short text that changes whenever the web page of a ticket would show something else.

An open page compares marks to know when it must be updated.
"""

from __future__ import annotations

import hashlib
from typing import Protocol

from oncall.paging.domain.ticket import StoredTicket
from oncall.paging.ports.relay import EventFeed
from oncall.paging.ports.store import ViewStore
from oncall.paging.views.reply_delivery import mail_state


class MarkStore(ViewStore, EventFeed, Protocol):
    """The queries that `ticket_mark` needs."""


def ticket_mark(tx: MarkStore, stored: StoredTicket) -> str:
    """Return a short text that changes with a ticket's log, the delivery of its pages and mails, and the schedule."""
    name = stored.ticket.id
    sent = [f"{each.id}={each.status.value}" for each in tx.attempts(name)]
    mails = [state for event in tx.events(name) if (state := mail_state(tx, event)) is not None]
    facts = [name, stored.code, str(tx.last_event(name)), str(tx.schedule().newest), *sent, *mails]
    return hashlib.sha256("|".join(facts).encode()).hexdigest()[:16]
