"""The part of a rehearsal's store that knows the schedule, the tickets and their logs; in memory."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from oncall.errors import Conflict, NotFound, Refused
from oncall.paging.domain.events import Event, EventKind
from oncall.paging.domain.ticket import StoredTicket, TicketStatus
from oncall.paging.ports.records import NewVersion, TicketFilter, TicketSpan
from oncall.schedule.schedule import Schedule
from oncall.support.policy import Policy


class TicketBook:
    """Tickets and logs under one schedule and one policy, which stay as they are."""

    def __init__(self, schedule: Schedule, policy: Policy) -> None:
        self._schedule, self._policy = schedule, policy
        self._tickets: dict[str, StoredTicket] = {}
        self._codes: dict[str, str] = {}
        self._code_lengths: Counter[int] = Counter()
        self._logs: dict[str, list[Event]] = {}
        self._sender_ids: set[tuple[str, str]] = set()
        self._due: list[tuple[datetime, str]] = []
        self._seq = 0

    # The schedule.

    def schedule(self) -> Schedule:
        """The one it was made with."""
        return self._schedule

    def policy(self, version: int | None = None) -> Policy:
        """The one it was made with. Raises NotFound for any version but the one that brought it."""
        if version not in (None, self.policy_version()):
            raise NotFound(f"schedule version {version}: a rehearsal knows version {self.policy_version()} alone")
        return self._policy

    def policy_version(self) -> int:
        """The number of its schedule's latest publication; 0 when it has none."""
        return self._schedule.latest.version if self._schedule.latest is not None else 0

    def policy_sources(self) -> Mapping[str, str]:
        """Empty: its policy was made, not read from what a publication keeps."""
        return {}

    def add_version(self, version: NewVersion) -> int:
        """Refused: a rehearsal compares schedules, each in a ledger of its own."""
        raise Refused(f"the schedule of a rehearsal does not change; {version.kind} needs a ledger of its own")

    # Tickets.

    def ticket(self, ticket_id: str) -> StoredTicket | None:
        """The ticket; None when there is none."""
        return self._tickets.get(ticket_id)

    def ticket_by_code(self, code: str) -> StoredTicket | None:
        """The unresolved ticket with this code."""
        holder = self._codes.get(code)
        return self._tickets[holder] if holder is not None else None

    def resolved_by_code(self, code: str, *, since: datetime) -> StoredTicket | None:
        """The resolved ticket that had this code last, of those received since."""
        had = (one for one in self._tickets.values() if one.code == code and one.received_at >= since)
        return max((one for one in had if one.status is TicketStatus.RESOLVED), key=_received, default=None)

    def tickets(self, wanted: TicketFilter) -> list[StoredTicket]:
        """Tickets, newest first; of two received at one instant the higher id first."""
        is_open = wanted.statuses and TicketStatus.RESOLVED not in wanted.statuses
        # Every unresolved ticket holds a code; they are few, and at each handoff they are asked for.
        names = self._codes.values() if is_open else self._tickets
        found = sorted((self._tickets[name] for name in names), key=_received, reverse=True)
        if wanted.after is not None:
            last = self._tickets.get(wanted.after)
            found = [stored for stored in found if last is not None and _received(stored) < _received(last)]
        if wanted.statuses:
            found = [stored for stored in found if stored.status in wanted.statuses]
        if wanted.customers:
            found = [stored for stored in found if stored.ticket.customer in wanted.customers]
        return found[: wanted.limit]

    def tickets_between(self, wanted: TicketSpan) -> list[StoredTicket]:
        """Tickets received in a span, oldest first; of two received at one instant the lower id first; no answers."""
        found = sorted(
            (stored for stored in self._tickets.values() if wanted.start <= stored.received_at < wanted.end),
            key=_received,
        )
        if wanted.after is not None:
            last = self._tickets.get(wanted.after)
            found = [stored for stored in found if last is not None and _received(stored) > _received(last)]
        if wanted.customers:
            found = [stored for stored in found if stored.ticket.customer in wanted.customers]
        if wanted.plan is not None:
            found = [stored for stored in found if stored.ticket.plan == wanted.plan]
        return [replace(stored, answer=None) for stored in found[: wanted.limit]]

    def customer_names(self) -> list[str]:
        """The customers of all tickets, each spelling once, sorted."""
        return sorted({stored.ticket.customer for stored in self._tickets.values()})

    def code_count(self, length: int) -> int:
        """How many codes of this length unresolved tickets hold."""
        return self._code_lengths[length]

    def unused_code(self, draw: Callable[[], str]) -> str:
        """The first code that `draw` gives and no unresolved ticket holds."""
        code = draw()
        while code in self._codes:
            code = draw()
        return code

    def add_ticket(self, ticket: StoredTicket) -> None:
        """Keep it. Raises Conflict when its id is there already, or its code is another unresolved ticket's."""
        name = ticket.ticket.id
        if name in self._tickets:
            raise Conflict(f"ticket {name}: it is stored already")
        self._refuse_anothers_code(ticket)
        self._hold_code(ticket)
        self._tickets[name] = ticket
        self._logs[name] = []
        self._note_due(ticket)

    def update_ticket(self, ticket: StoredTicket) -> None:
        """Write what changes in a ticket's life. Raises NotFound for a ticket that was never added."""
        name = ticket.ticket.id
        before = self._tickets.get(name)
        if before is None:
            raise NotFound(f"ticket {name}: there is no such ticket")
        self._refuse_anothers_code(ticket)
        self._free_code(before)
        self._hold_code(ticket)
        self._tickets[name] = ticket
        if ticket.due_at != before.due_at:
            self._note_due(ticket)

    def due_tickets(self, now: datetime, limit: int) -> list[str]:
        """Ids whose `due_at` has come, the longest overdue first."""
        due: list[tuple[datetime, str]] = []
        while self._due and self._due[0][0] <= now and len(due) < limit:
            entry = heapq.heappop(self._due)
            if self._is_current(entry) and entry not in due[-1:]:
                due.append(entry)
        for entry in due:
            heapq.heappush(self._due, entry)
        return [name for _, name in due]

    def next_due_at(self) -> datetime | None:
        """The earliest `due_at` of all."""
        while self._due and not self._is_current(self._due[0]):
            heapq.heappop(self._due)
        return self._due[0][0] if self._due else None

    def events(self, ticket_id: str) -> list[Event]:
        """The ticket's log in its order."""
        return list(self._logs.get(ticket_id, ()))

    def events_of(self, ticket_ids: Sequence[str], *, without: Sequence[EventKind] = ()) -> dict[str, list[Event]]:
        """The logs of many tickets, each in its order, but for the kinds in `without`."""
        logs = {name: [one for one in self._logs.get(name, ()) if one.kind not in without] for name in ticket_ids}
        return {name: log for name, log in logs.items() if log}

    def append(self, events: Sequence[Event]) -> None:
        """Append to the logs. Raises Conflict for a sender's id that is there already, and for an unknown ticket."""
        for event in events:
            if event.ticket not in self._logs:
                raise Conflict(f"ticket {events[0].ticket}: there is no such ticket")
            if event.id is not None and (event.ticket, event.id) in self._sender_ids:
                raise Conflict(f"ticket {events[0].ticket}: an event with this id is in its log already")
        for event in events:
            if event.id is not None:
                self._sender_ids.add((event.ticket, event.id))
            self._seq += 1
            self._logs[event.ticket].append(replace(event, seq=self._seq))

    # ---------------------------------------------------------------------------------------------------------------

    def _refuse_anothers_code(self, ticket: StoredTicket) -> None:
        name = ticket.ticket.id
        if ticket.status is not TicketStatus.RESOLVED and self._codes.get(ticket.code, name) != name:
            raise Conflict(f"ticket {name}: another unresolved ticket holds its code")

    def _hold_code(self, ticket: StoredTicket) -> None:
        if ticket.status is not TicketStatus.RESOLVED:
            self._codes[ticket.code] = ticket.ticket.id
            self._code_lengths[len(ticket.code)] += 1

    def _free_code(self, ticket: StoredTicket) -> None:
        if ticket.status is not TicketStatus.RESOLVED:
            del self._codes[ticket.code]
            self._code_lengths[len(ticket.code)] -= 1

    def _note_due(self, ticket: StoredTicket) -> None:
        if ticket.due_at is not None:
            heapq.heappush(self._due, (ticket.due_at, ticket.ticket.id))

    def _is_current(self, entry: tuple[datetime, str]) -> bool:
        """An entry of the heap that its ticket has left behind says nothing any more."""
        return self._tickets[entry[1]].due_at == entry[0]


def _received(stored: StoredTicket) -> tuple[datetime, str]:
    return stored.received_at, stored.ticket.id
