"""The schedule, the tickets and their logs in memory, for the store of a rehearsal."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from oncall.errors import Conflict, NotFound, Refused
from oncall.paging.domain.events import Event, EventKind
from oncall.paging.domain.ticket import StoredTicket, TicketStatus
from oncall.paging.outgoing.codes import spellings
from oncall.paging.ports.records import NewVersion, TicketFilter, TicketSpan
from oncall.paging.ports.ticket_store import Memo
from oncall.schedule.schedule import Schedule
from oncall.support.changed_row import changed
from oncall.support.policy import Policy


class TicketBook:
    """Stores tickets and logs, with one schedule and one policy that never change. A base class of the memory store."""

    def __init__(self, schedule: Schedule, policy: Policy) -> None:
        self._schedule, self._policy = schedule, policy
        self._version = schedule.latest.version if schedule.latest is not None else 0
        self._tickets: dict[str, StoredTicket] = {}
        self._codes: dict[str, str] = {}
        self._code_lengths: Counter[int] = Counter()
        self._logs: dict[str, list[Event]] = {}
        self._memos: dict[str, Memo] = {}
        self._sender_ids: set[tuple[str, str]] = set()
        self._due: list[tuple[datetime, str]] = []
        self._seq = 0

    # The schedule.

    def schedule(self) -> Schedule:
        """Return the schedule of this rehearsal."""
        return self._schedule

    def policy(self, version: int | None = None) -> Policy:
        """Return the policy of this rehearsal. Raises NotFound for a version other than the schedule's own."""
        if version is not None and version != self.policy_version():
            raise NotFound(f"schedule version {version}: a rehearsal knows version {self.policy_version()} alone")
        return self._policy

    def policy_at(self, at: datetime) -> Policy:
        """Return the policy of this rehearsal, which is in force at all times."""
        return self._policy

    def policy_version(self) -> int:
        """Return the number of the schedule's latest publication; 0 if it has none."""
        return self._version

    def publication_sources(self, version: int) -> Mapping[str, str]:
        """Raise NotFound, because the policy of a rehearsal is not read from a publication."""
        raise NotFound(f"schedule version {version}: a rehearsal has no publications")

    def lock_schedule(self) -> None:
        """Do nothing, because the schedule of a rehearsal does not change."""

    def add_version(self, version: NewVersion) -> int:
        """Raise Refused, because the schedule of a rehearsal does not change."""
        raise Refused(f"the schedule of a rehearsal does not change; {version.kind} needs a store of its own")

    # Tickets.

    def ticket(self, ticket_id: str) -> StoredTicket | None:
        """Return the ticket with this id; None if there is none."""
        return self._tickets.get(ticket_id)

    def ticket_by_code(self, code: str) -> StoredTicket | None:
        """Return the unresolved ticket with this code; None if there is none."""
        holder = self._codes.get(code)
        return self._tickets[holder] if holder is not None else None

    def resolved_by_code(self, code: str, *, since: datetime) -> StoredTicket | None:
        """Return the resolved ticket that last had this code; None if there is none.

        since: policy time; only tickets received since then.
        """
        had = (one for one in self._tickets.values() if one.code == code and one.received_at >= since)
        return max((one for one in had if one.status is TicketStatus.RESOLVED), key=_received, default=None)

    def tickets(self, wanted: TicketFilter) -> list[StoredTicket]:
        """Return the tickets that a filter selects, at most `wanted.limit`, the newest first."""
        is_open = wanted.statuses and TicketStatus.RESOLVED not in wanted.statuses
        # Only unresolved tickets hold a code. Each handoff lists them, so skip the many resolved ones.
        names = self._codes.values() if is_open else self._tickets
        found = sorted((self._tickets[name] for name in names), key=_received, reverse=True)
        if wanted.after is not None:
            last = self._tickets.get(wanted.after)
            found = [stored for stored in found if last is not None and _received(stored) < _received(last)]
        if wanted.statuses:
            found = [stored for stored in found if stored.status in wanted.statuses]
        if wanted.customers:
            found = [stored for stored in found if stored.ticket.customer in wanted.customers]
        if wanted.owner or wanted.engineer or wanted.since or wanted.held:
            raise Refused("a rehearsal lists tickets by state and customer alone")
        return found[: wanted.limit]

    def tickets_between(self, wanted: TicketSpan) -> list[StoredTicket]:
        """Return at most `wanted.limit` tickets received in a span, ordered by time and id. Their `answer` is None."""
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
        return [changed(stored, answer=None) for stored in found[: wanted.limit]]

    def customer_names(self) -> list[str]:
        """Return the customers' names in all tickets, sorted, each spelling once."""
        return sorted({stored.ticket.customer for stored in self._tickets.values()})

    def code_count(self, length: int) -> int:
        """Return how many unresolved tickets have a code of this length."""
        return self._code_lengths[length]

    def unused_code(self, draw: Callable[[], str]) -> str:
        """Return the first code from `draw` that no unresolved ticket has, and that is no ticket's id."""
        code = draw()
        while code in self._codes or any(spelt in self._tickets for spelt in spellings(code)):
            code = draw()
        return code

    def add_ticket(self, ticket: StoredTicket) -> None:
        """Insert a ticket. Raises Conflict if its id is already stored or another unresolved ticket has its code."""
        name = ticket.ticket.id
        if name in self._tickets:
            raise Conflict(f"ticket {name}: it is stored already")
        self._refuse_anothers_code(ticket)
        self._hold_code(ticket)
        self._tickets[name] = ticket
        self._logs[name] = []
        self._note_due(ticket)

    def update_ticket(self, ticket: StoredTicket) -> None:
        """Replace a stored ticket. Raises NotFound if it is not stored."""
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
        """Return the ids of at most `limit` tickets that are due at `now` (policy time), the longest overdue first."""
        due: list[tuple[datetime, str]] = []
        while self._due and self._due[0][0] <= now and len(due) < limit:
            entry = heapq.heappop(self._due)
            if self._is_current(entry) and entry not in due[-1:]:
                due.append(entry)
        for entry in due:
            heapq.heappush(self._due, entry)
        return [name for _, name in due]

    def next_due_at(self) -> datetime | None:
        """Return the earliest `due_at` of all tickets (policy time); None if no ticket has one."""
        while self._due and not self._is_current(self._due[0]):
            heapq.heappop(self._due)
        return self._due[0][0] if self._due else None

    def events(self, ticket_id: str) -> list[Event]:
        """Return the ticket's events in the order of its log."""
        return list(self._logs.get(ticket_id, ()))

    def events_of(self, ticket_ids: Sequence[str], *, without: Sequence[EventKind] = ()) -> dict[str, list[Event]]:
        """Return the logs of many tickets by ticket id, each in its order, without events of the kinds in `without`.

        A ticket without other events is absent.
        """
        logs = {name: [one for one in self._logs.get(name, ()) if one.kind not in without] for name in ticket_ids}
        return {name: log for name, log in logs.items() if log}

    def memo(self, ticket_id: str) -> Memo:
        """Return a dict in which callers store what they computed from this ticket's log.

        It stays valid, because no other process changes the log.
        """
        return self._memos.setdefault(ticket_id, {})

    def append(self, events: Sequence[Event]) -> None:
        """Append events to their tickets' logs.

        Raises Conflict if an event's `id` is stored or its ticket is unknown.
        """
        for event in events:
            if event.ticket not in self._logs:
                raise Conflict(f"ticket {events[0].ticket}: there is no such ticket")
            if event.id is not None and (event.ticket, event.id) in self._sender_ids:
                raise Conflict(f"ticket {events[0].ticket}: an event with this id is in its log already")
        for event in events:
            if event.id is not None:
                self._sender_ids.add((event.ticket, event.id))
            self._seq += 1
            self._logs[event.ticket].append(changed(event, seq=self._seq))

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
        """Return True if the time in the heap's entry is still the `due_at` of its ticket.

        entry: (time, ticket's id).
        """
        return self._tickets[entry[1]].due_at == entry[0]


def _received(stored: StoredTicket) -> tuple[datetime, str]:
    return stored.received_at, stored.ticket.id
