"""Finds the open incident on the status page that was opened from a ticket."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from oncall.status.incidents import Incident, incidents_of
from oncall.status.status_events import StatusEvent


class TicketIncidents(Protocol):
    """Reads the incidents that were opened from one ticket."""

    def status_events_of_ticket(self, ticket: str) -> Sequence[StatusEvent]:
        """Return the events of every incident that was opened from a ticket, in the order in which they were written.

        ticket: the ticket's id.
        """


def open_incident_of(log: TicketIncidents, ticket: str) -> Incident | None:
    """Return the newest open incident that was opened from a ticket; None if there is none. ticket: the ticket's id."""
    found = incidents_of(log.status_events_of_ticket(ticket))
    return next((each for each in found if not each.state.is_over), None)
