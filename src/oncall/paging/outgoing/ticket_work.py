"""Works on one ticket in one transaction: reads it once, changes it in memory, and stores the changes at the end."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from oncall.paging.clocks.clock_book import COUNTS_FOR_CLOCKS, ClockBook
from oncall.paging.domain.events import Event
from oncall.paging.domain.people import name_of
from oncall.paging.domain.situation import Situation
from oncall.paging.domain.state import after, after_all, fold
from oncall.paging.domain.ticket import Attempt, StoredTicket
from oncall.paging.domain.ticket_state import TicketState
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.paging.outgoing.opt_out import unreachable_by_text
from oncall.paging.ports.store import TicketStore
from oncall.paging.ports.ticket_store import EventLog
from oncall.schedule.schedule import Schedule
from oncall.support.changed_row import changed
from oncall.support.clocks import SlaState
from oncall.support.policy import Policy

_KNOWN = "ticket work"


class _Known(NamedTuple):
    """The state and the clocks of a ticket after the first `events` events of its log."""

    events: int
    state: TicketState
    book: ClockBook | None


def known_clocks(tx: EventLog, ticket_id: str, now: datetime) -> SlaState | None:
    """Return the ticket's clocks at `now` (policy time) if the store keeps them in memory from an earlier transaction.

    None if it does not, or if new events change the clocks.
    """
    known: _Known | None = tx.memo(ticket_id).get(_KNOWN)
    if known is None or known.book is None:
        return None
    new = tx.events(ticket_id)[known.events :]
    return None if any(event.kind in COUNTS_FOR_CLOCKS for event in new) else known.book.clocks(now)


class TicketWork:
    """A ticket while one transaction works on it. A new event changes the ticket's state at once; `write` stores it.

    stored: the ticket's row. log: its events, in order. context: who acts, and when.
    """

    def __init__(
        self,
        tx: TicketStore,
        stored: StoredTicket,
        log: Iterable[Event],
        context: ActionContext,
        *,
        is_new: bool = False,
    ) -> None:
        """Start to work on a ticket. is_new: True if the store does not have its row yet."""
        self.tx, self.context = tx, context
        self.stored = stored
        self.log = list(log)
        self._memo = tx.memo(stored.ticket.id)
        known: _Known | None = self._memo.get(_KNOWN)
        self._book: ClockBook | None = None
        if known is None:
            self.state: TicketState = fold(stored.ticket, self.log)
        else:
            new = self.log[known.events :]
            self.state = after_all(known.state, new)
            if (book := known.book) is not None:
                for event in new:
                    book.add(event)
                self._book = book
        self.sent: list[Attempt] = []
        """The attempts that this work has added so far."""
        self._situation: Situation | None = None
        self._row_in_store = None if is_new else stored
        self._unwritten_events: list[Event] = []
        self._unwritten_attempts: list[Attempt] = []
        self._attempts: dict[str, Attempt] | None = {} if is_new else None

    @classmethod
    def on(cls, tx: TicketStore, stored: StoredTicket, context: ActionContext) -> TicketWork:
        """Start to work on a ticket whose row was read in this transaction. Reads its log."""
        return cls(tx, stored, tx.events(stored.ticket.id), context)

    @property
    def name(self) -> str:
        """Return the ticket's id."""
        return self.stored.ticket.id

    @property
    def now(self) -> datetime:
        """Return policy time, aware UTC."""
        return self.context.now

    @property
    def policy(self) -> Policy:
        """Return the policy in force."""
        return self.tx.policy_at(self.now)

    @property
    def schedule(self) -> Schedule:
        """Return the published schedule with every override."""
        return self.tx.schedule()

    @property
    def situation(self) -> Situation:
        """Return the facts outside the ticket on which decisions depend: policy, schedule, time and opt-outs."""
        if self._situation is None:
            opted_out = unreachable_by_text(self.tx, self.schedule)
            self._situation = Situation(self.policy, self.schedule, self.now, opted_out)
        return self._situation

    @property
    def book(self) -> ClockBook:
        """Return the ticket's clock book, which computes its SLA clocks from its log."""
        if self._book is None:
            self._book = ClockBook(self.tx, self.stored.ticket, self.log)
        return self._book

    @property
    def clocks(self) -> SlaState:
        """Return the ticket's SLA clocks now."""
        return self.book.clocks(self.now)

    @property
    def owner_name(self) -> str | None:
        """Return the owner's name; None if the ticket has no owner."""
        return name_of(self.state.owner, self.schedule) if self.state.owner is not None else None

    @property
    def attempts(self) -> list[Attempt]:
        """Return every attempt for this ticket, stored or new, the oldest first."""
        if self._attempts is None:
            self._attempts = {one.id: one for one in self.tx.attempts(self.name)}
            self._attempts |= {one.id: one for one in self._unwritten_attempts}
        return sorted(self._attempts.values(), key=lambda one: (one.written_at, one.id))

    def add(self, event: Event) -> None:
        """Append an event to the ticket's log and change the state. `write` stores the event."""
        # The book holds the event from here on, and the event is not stored before `write`.
        self._memo.pop(_KNOWN, None)
        if self._book is not None:
            self._book.add(event)
        self.log.append(event)
        self.state = after(self.state, event)
        self._unwritten_events.append(event)

    def add_attempts(self, attempts: Iterable[Attempt]) -> None:
        """Add new attempts. `write` stores them."""
        for attempt in attempts:
            self.sent.append(attempt)
            self._unwritten_attempts.append(attempt)
            if self._attempts is not None:
                self._attempts[attempt.id] = attempt

    def change_attempt(self, attempt: Attempt) -> None:
        """Store the changed fields of an attempt that is in the store, at once."""
        self.tx.update_attempt(attempt)
        if self._attempts is not None:
            self._attempts[attempt.id] = attempt

    def set_row(self, *, wakes_at: datetime | None) -> None:
        """Copy the state to the ticket's row.

        wakes_at: when (policy time) the pager must act next; None: not before an event.
        """
        state = self.state
        self.stored = changed(
            self.stored,
            status=state.status,
            impact=state.impact,
            action=state.action.value if state.action is not None else self.stored.action,
            hold_until=state.hold_until,
            due_at=wakes_at,
            first_reply_due=state.first_reply_due,
            owner=state.owner,
        )

    def write(self) -> None:
        """Store the row, and the events and attempts that were added since the last call."""
        if self._row_in_store is None:
            self.tx.add_ticket(self.stored)
        self.tx.append(self._unwritten_events)
        self.tx.add_attempts(self._unwritten_attempts)
        if self._row_in_store is not None and self._row_in_store != self.stored:
            self.tx.update_ticket(self.stored)
        self._row_in_store = self.stored
        self._unwritten_events, self._unwritten_attempts = [], []
        self._memo[_KNOWN] = _Known(len(self.log), self.state, self._book)
