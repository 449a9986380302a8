"""Takes in signals: opens, updates and ends tickets with the functions that the tickets API uses."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from oncall.errors import Conflict, NotFound, Refused
from oncall.intake.acknowledge import acknowledge, note_on
from oncall.intake.component_words import tell_status_page
from oncall.intake.followed import follow, is_outdated, remember_time, without_future
from oncall.intake.occurrences import another_fires, end_occurrence, open_ticket_of_problem, remember_occurrence
from oncall.intake.routes import Routed, is_graver, routed
from oncall.intake.seen_requests import is_retry, remember_statement
from oncall.intake.signals import Became, Origin, Signal, SignalKind, Taken
from oncall.intake.unknown_customers import tell_of_unknown_customer
from oncall.paging.actions.caller_actions import NotAllowed, record_for
from oncall.paging.actions.field_faults import FieldFaults
from oncall.paging.actions.intake import accept_posted
from oncall.paging.actions.posted_action import action_from
from oncall.paging.actions.posted_ticket import ID_PATTERN
from oncall.paging.actions.ticket_action import TicketAction
from oncall.paging.domain.events import EventKind
from oncall.paging.domain.quoted_text import clean
from oncall.paging.domain.ticket import StoredTicket, TicketStatus
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.paging.outgoing.ticket_work import TicketWork
from oncall.paging.ports.intake_store import SenderKey
from oncall.paging.ports.store import IntakeStore

PERSON_COUNTS_FOR = timedelta(minutes=10)
"""How long (policy time) repeats of an occurrence do not reopen a ticket that a person resolved.

If the alert still fires after that, a ticket is opened again.
"""
_LONGEST_PLAIN_KEY = 24
_MOST_MERGES = 10


def take_in_all(
    tx: IntakeStore, signals: Sequence[Signal], origin: Origin, context: ActionContext
) -> tuple[list[Taken], list[str]]:
    """Take in signals one by one. Returns their results, and a sentence for each signal that cannot be recorded.

    Raises Conflict as `take_in` does.
    """
    taken, faults = [], []
    for signal in signals:
        try:
            taken.append(take_in(tx, signal, origin, context))
        except (FieldFaults, NotAllowed, Refused) as refusal:
            # These are raised before anything of the signal is written.
            faults.append(f"{clean(signal.key)[:60]}: {refusal}")
    return taken, faults


def take_in(tx: IntakeStore, signal: Signal, origin: Origin, context: ActionContext) -> Taken:
    """Store a signal in `tx` and return its result. The same signal a second time changes nothing.

    Raises FieldFaults for an EVENT that cannot be recorded, and NotAllowed if the caller's role does not allow it.
    Raises Conflict if another process stores the same key at the same time; the caller then tries again.
    """
    signal = without_future(signal, context)
    row = tx.sender_key(origin.caller.name, origin.sender, signal.key)
    ticket = row.ticket if row is not None else None
    if is_retry(tx, origin, signal.sent_id, context):
        return Taken(Became.IGNORED, ticket, "this event came before")
    if is_outdated(signal, row):
        return Taken(Became.IGNORED, ticket, "a newer state was reported before")
    taken = _taken(tx, signal, origin, context, row)
    tell_status_page(tx, signal, origin, taken, context)
    remember_statement(tx, origin, signal.sent_id, context)
    if signal.said_at is not None:
        remember_time(tx, signal, origin, taken, context)
    return taken


def _taken(tx: IntakeStore, signal: Signal, origin: Origin, context: ActionContext, row: SenderKey | None) -> Taken:
    stored = _ticket_of(tx, signal, row, context)
    match signal.kind:
        case SignalKind.TRIGGER if signal.is_followed and stored is not None:
            return follow(tx, signal, origin, row, stored, context)
        case SignalKind.TRIGGER:
            return _Trigger(tx, signal, origin, context, row, stored).taken()
        case SignalKind.RESOLVE:
            return _resolve(tx, signal, origin, context, row, stored)
        case SignalKind.ACKNOWLEDGE | SignalKind.NOTE | SignalKind.CHANGE if stored is None:
            return Taken(Became.IGNORED, None, "no ticket has this key")
        case SignalKind.CHANGE:
            assert stored is not None
            if stored.status is TicketStatus.RESOLVED:
                return Taken(Became.IGNORED, stored.ticket.id, "it is resolved already")
            return follow(tx, signal, origin, row, stored, context)
        case SignalKind.ACKNOWLEDGE:
            assert stored is not None
            return acknowledge(tx, signal, origin, stored, context)
        case SignalKind.NOTE:
            assert stored is not None
            return note_on(tx, stored, signal.why, context)
        case SignalKind.EVENT:
            return _event(tx, signal, origin, context, stored)


def _ticket_of(tx: IntakeStore, signal: Signal, row: SenderKey | None, context: ActionContext) -> StoredTicket | None:
    """Return the ticket that the signal concerns; for a merged ticket, the ticket into which it was merged."""
    name = row.ticket if row is not None and row.ticket is not None else signal.ticket_id
    stored = tx.ticket(name) if name is not None and ID_PATTERN.fullmatch(name) else None
    for _ in range(_MOST_MERGES):
        if stored is None or stored.status is not TicketStatus.RESOLVED:
            break
        into = TicketWork.on(tx, stored, context).state.merged_into
        if into is None:
            break
        stored = tx.ticket(into)
    return stored


class _Trigger:
    """Takes in one TRIGGER in one transaction. row: the row of the sender's key.

    stored: the ticket to which the key leads.
    """

    def __init__(
        self,
        tx: IntakeStore,
        signal: Signal,
        origin: Origin,
        context: ActionContext,
        row: SenderKey | None,
        stored: StoredTicket | None,
    ) -> None:
        self._tx, self._signal, self._origin, self._context = tx, signal, origin, context
        self._row, self._stored = row, stored

    def taken(self) -> Taken:
        stored, row = self._stored, self._row
        if stored is not None and stored.status is not TicketStatus.RESOLVED:
            remember_occurrence(self._tx, self._signal, self._origin, stored.ticket.id, self._context)
            return self._update(stored)
        if self._signal.ticket_id is not None and stored is not None:
            return Taken(Became.IGNORED, stored.ticket.id, "this ticket is resolved; only a reopening opens it again")
        if self._signal.is_episode and row is not None and row.has_ended:
            return Taken(Became.IGNORED, row.ticket, f"{self._origin.sender} has reported its end already")
        if self._signal.is_episode and stored is not None and self._is_of_late(stored):
            why = f"{self._origin.sender} repeats the alert; a person resolved it a moment ago"
            return note_on(self._tx, stored, why, self._context)
        before = open_ticket_of_problem(self._tx, self._signal, self._origin)
        return self._open() if before is None else self._join(before)

    def _join(self, stored: StoredTicket) -> Taken:
        """Attach a new occurrence of a problem to the open ticket of an earlier occurrence."""
        name = stored.ticket.id
        remember_occurrence(self._tx, self._signal, self._origin, name, self._context)
        taken = self._update(stored)
        if taken.became is Became.RAISED:
            return taken
        _keep(self._tx, self._signal, self._origin, self._context, self._row, ticket=name)
        return replace(taken, why="it began again while its ticket is open, so nobody is paged again")

    def _is_of_late(self, stored: StoredTicket) -> bool:
        ended_at = TicketWork.on(self._tx, stored, self._context).state.resolved_at
        return ended_at is not None and self._context.now - ended_at < PERSON_COUNTS_FOR

    def _update(self, stored: StoredTicket) -> Taken:
        """Raise the impact of an open ticket if the sender reports a graver one; otherwise change nothing."""
        name, row, policy = stored.ticket.id, self._row, self._tx.policy_at(self._context.now)
        impact = routed(self._signal.labels, policy).impact
        before = row.impact if row is not None and row.impact is not None else stored.ticket.impact
        if not (is_graver(impact, before, policy) and is_graver(impact, stored.impact, policy)):
            return Taken(Became.UPDATED, name, "it is open already, so nobody is paged again")
        why = f"{self._origin.sender} reports a graver impact"
        action = TicketAction(EventKind.IMPACT_CHANGED, self._origin.caller.name, self._context.now, why, impact=impact)
        done = record_for(self._origin.caller, self._tx, name, action, self._context)
        _keep(self._tx, self._signal, self._origin, self._context, row, ticket=name, impact=impact)
        return Taken(Became.RAISED, name, f"the impact is {impact} now", done.attempts)

    def _open(self) -> Taken:
        policy = self._tx.policy_at(self._context.now)
        way = routed(self._signal.labels, policy)
        opened = (self._row.opened if self._row is not None else 0) + 1
        ticket_id, opened = _free_id(self._tx, self._signal, self._origin, opened)
        accepted = accept_posted(
            self._tx,
            _document(self._signal, way, ticket_id),
            self._context,
            reasons=(*self._signal.reasons, *way.reasons),
        )
        _keep(
            self._tx,
            self._signal,
            self._origin,
            self._context,
            self._row,
            ticket=ticket_id,
            impact=way.impact,
            opened=opened,
        )
        remember_occurrence(self._tx, self._signal, self._origin, ticket_id, self._context)
        if way.unknown_customer is not None:
            tell_of_unknown_customer(self._tx, way.unknown_customer, way.plan, self._context)
        action = accepted.answer["verdict"]["action"]
        return Taken(Became.OPENED, ticket_id, f"the verdict is {action}", accepted.attempts, action)


def _document(signal: Signal, way: Routed, ticket_id: str) -> Mapping[str, object]:
    """Return the ticket as the JSON that a caller of the tickets API would post. way: how the signal is routed."""
    document = {
        **signal.more,
        "id": ticket_id,
        "customer": way.customer,
        "plan": way.plan,
        "impact": way.impact,
        "subject": signal.subject or signal.key,
        "url": signal.url,
        "opened_at": signal.at.isoformat() if signal.at is not None else None,
    }
    return {name: value for name, value in document.items() if value is not None}


def _free_id(tx: IntakeStore, signal: Signal, origin: Origin, opened: int) -> tuple[str, int]:
    """Return an id that no ticket has, and the number of the ticket. opened: the first number to try.

    The first ticket of a key is `am-KEY`, the second `am-KEY.2`.
    """
    if signal.ticket_id is not None:
        return signal.ticket_id, opened
    base = f"{origin.prefix}-{_short(signal.key)}"
    while tx.ticket(name := base if opened == 1 else f"{base}.{opened}") is not None:
        opened += 1
    return name, opened


def _short(key: str) -> str:
    """Return the key if it can be part of a ticket's id, else a hash of ten characters."""
    if len(key) <= _LONGEST_PLAIN_KEY and ID_PATTERN.fullmatch(key):
        return key
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:10]


def _resolve(
    tx: IntakeStore,
    signal: Signal,
    origin: Origin,
    context: ActionContext,
    row: SenderKey | None,
    stored: StoredTicket | None,
) -> Taken:
    if stored is None:
        if signal.is_episode and (row is None or not row.has_ended):
            # The start of the problem may arrive after its end, and must then page nobody.
            _keep(tx, signal, origin, context, row, ticket=None, has_ended=True)
        return Taken(Became.IGNORED, None, "no ticket has this key")
    name = stored.ticket.id
    if row is not None and not row.has_ended:
        _keep(tx, signal, origin, context, row, ticket=row.ticket, has_ended=True)
    if stored.status is TicketStatus.RESOLVED:
        return Taken(Became.IGNORED, name, "it is resolved already")
    merged = row.ticket if row is not None and row.ticket is not None else signal.ticket_id
    if merged is not None and merged != name:
        return note_on(tx, stored, f"{origin.sender} reports the end of {merged}, which was merged", context)
    if another_fires(tx, signal, origin, name):
        return note_on(
            tx, stored, f"{origin.sender} reports the end of an earlier occurrence; a later one fires", context
        )
    end_occurrence(tx, signal, origin, context)
    why = signal.why or f"{origin.sender} reports that it is over"
    done = record_for(
        origin.caller, tx, name, TicketAction(EventKind.RESOLVED, origin.caller.name, context.now, why), context
    )
    return Taken(Became.RESOLVED, name, why, done.attempts)


def _event(
    tx: IntakeStore, signal: Signal, origin: Origin, context: ActionContext, stored: StoredTicket | None
) -> Taken:
    """Record an event as `POST /v1/tickets/ID/events` does."""
    if stored is None:
        return Taken(Became.IGNORED, None, "no ticket has this key")
    name, action = stored.ticket.id, action_from(signal.event, caller=origin.caller.name, now=context.now)
    try:
        done = record_for(origin.caller, tx, name, action, context)
    except (Conflict, NotFound, Refused) as refusal:
        return Taken(Became.IGNORED, name, str(refusal))
    return Taken(Became.RECORDED if done.changed else Became.IGNORED, name, done.sentence, done.attempts)


def _keep(
    tx: IntakeStore,
    signal: Signal,
    origin: Origin,
    context: ActionContext,
    row: SenderKey | None,
    *,
    ticket: str | None,
    impact: str | None = None,
    opened: int | None = None,
    has_ended: bool = False,
) -> None:
    """Store the sender's key with its present state. row: its row before; None: none.

    impact, opened: None: unchanged.
    """
    before = row or SenderKey(origin.caller.name, origin.sender, signal.key, None, 0, None, False, context.real_now)
    after = replace(
        before,
        ticket=ticket,
        opened=before.opened if opened is None else opened,
        impact=before.impact if impact is None else impact,
        has_ended=has_ended,
        changed_at=context.real_now,
    )
    if row is None:
        tx.add_sender_key(after)
    else:
        tx.update_sender_key(after)
