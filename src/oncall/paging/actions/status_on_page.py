"""Records what a person says on the status page, from a ticket if they name one."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Protocol

from oncall.paging.actions.ticket_references import find_ticket
from oncall.paging.ports.ticket_store import Tickets
from oncall.status.status_actions import OpenIncident, StatusAction, StatusAuthor, act_on_status
from oncall.status.status_events import StatusLog


class StatusStore(StatusLog, Tickets, Protocol):
    """Everything that the status page needs, with the tickets from which incidents are opened."""


def record_on_page(tx: StatusStore, action: StatusAction, author: StatusAuthor) -> str:
    """Check an action, append it to the log, and return the id of its incident or maintenance.

    Raises NotFound, Conflict or Refused; then nothing was written.
    """
    if isinstance(action, OpenIncident) and action.ticket is not None:
        action = replace(action, ticket=find_ticket(tx, action.ticket).ticket.id)
    return act_on_status(tx, action, author, secrets.token_hex(6))
