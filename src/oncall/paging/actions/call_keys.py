"""Carries out the action of a key that a person presses in a call: 1 acknowledges, 2 passes.

An answered call without a key acknowledges nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from oncall.errors import Conflict, NotFound, Refused
from oncall.paging.actions.record_action import record_on
from oncall.paging.actions.ticket_action import TicketAction
from oncall.paging.domain.events import EventKind
from oncall.paging.domain.people import name_of
from oncall.paging.domain.ticket import Attempt, AttemptStatus, TicketStatus
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.paging.outgoing.spoken_text import by_letters
from oncall.paging.outgoing.ticket_work import TicketWork
from oncall.paging.ports.channel import Receipt
from oncall.paging.ports.schedule_store import Schedules
from oncall.paging.ports.store import TicketStore
from oncall.paging.sending.receipts import note_receipt
from oncall.schedule.versions import Person
from oncall.support.phones import same_phone

KEYS = "Press 1 to acknowledge, 2 to pass on."


class Key(StrEnum):
    """The phone keys that a called person may press."""

    ACKNOWLEDGE = "1"
    PASS = "2"  # noqa: S105


_ACTIONS = {Key.ACKNOWLEDGE: EventKind.ACKNOWLEDGED, Key.PASS: EventKind.PASSED}


@dataclass(frozen=True, slots=True)
class KeyPress:
    """A key pressed in one of our calls.

    provider_id: the provider's id of the call. phone: the called number, E.164. digits: the key; may be empty.
    """

    provider_id: str
    phone: str = field(repr=False)
    digits: str


@dataclass(frozen=True, slots=True)
class CallAnswer:
    """What a call says after a key, with the new attempts. asks_again: True if it then waits for another key."""

    text: str
    asks_again: bool = False
    attempts: tuple[Attempt, ...] = ()
    waited: timedelta | None = None
    """How long (policy time) the ticket that the key acknowledged had waited; None if it acknowledged none."""


def answer_call(tx: TicketStore, *, delivery_id: str | None, press: KeyPress, context: ActionContext) -> CallAnswer:
    """Carry out a key for the person whose number was called. Returns what the call says next.

    delivery_id: our own id of the call; None if the request does not name it. A repeated key in the same call changes
    nothing. Neither does a key in a call that is not ours.
    """
    attempt = tx.attempt(delivery_id) if delivery_id is not None else None
    if attempt is None:
        attempt = tx.attempt_by_provider_id(press.provider_id)
    person = _called(tx, attempt, press)
    if attempt is None or person is None:
        return CallAnswer("This call belongs to no ticket. Goodbye.")
    # A key proves that a person is on the line, whatever receipts say.
    arrived = Receipt(press.provider_id, AttemptStatus.DELIVERED)
    note_receipt(tx, delivery_id=attempt.id, receipt=arrived, context=context)
    try:
        key = Key(press.digits)
    except ValueError:
        return CallAnswer(f"That key does nothing. {KEYS}", asks_again=True)
    return _do(
        tx, attempt.ticket, _Pressed(key, press.provider_id, person), replace(context, by=person.id, is_answered=True)
    )


def _called(tx: Schedules, attempt: Attempt | None, press: KeyPress) -> Person | None:
    """Return the person who was called; None if the call or the number does not match the page."""
    if attempt is None or attempt.provider_id not in (None, press.provider_id):
        return None
    person = tx.schedule().people.get(attempt.to)
    return person if person is not None and same_phone(person.phone, press.phone) else None


@dataclass(frozen=True, slots=True)
class _Pressed:
    """A key that a person pressed. call: the provider's id of the call."""

    key: Key
    call: str
    person: Person

    def action(self, now: datetime) -> TicketAction:
        """Return the ticket action that the key means."""
        return TicketAction(_ACTIONS[self.key], self.person.id, now, why="by phone", id=f"{self.call}:{self.key.value}")


def _do(tx: TicketStore, ticket_id: str, pressed: _Pressed, context: ActionContext) -> CallAnswer:
    stored = tx.ticket(ticket_id)
    assert stored is not None, "no attempt is stored without its ticket"
    work = TicketWork.on(tx, stored, context)
    if pressed.key is Key.PASS and stored.owner not in (None, pressed.person.id):
        # Key 2 means "not me": it takes nothing from an engineer who has the ticket.
        return CallAnswer(f"{_standing(work, pressed)} Goodbye.")
    try:
        done = record_on(work, pressed.action(context.now))
    except (Refused, NotFound, Conflict) as refusal:
        return CallAnswer(f"{_with_letters(str(refusal), ticket_id)}. Goodbye.")
    sentence = done.sentence if done.changed else _standing(work, pressed)
    words = f"{_with_letters(sentence, ticket_id)} Goodbye."
    return CallAnswer(words, attempts=done.attempts, waited=done.waited if pressed.key is Key.ACKNOWLEDGE else None)


def _standing(work: TicketWork, pressed: _Pressed) -> str:
    """Return a sentence about the ticket's state, for a key that changes nothing."""
    name, stored = f"Ticket {by_letters(work.name)}", work.stored
    if stored.status is TicketStatus.RESOLVED:
        return f"{name} is resolved."
    if stored.owner == pressed.person.id:
        return f"{name} is yours."
    if stored.owner is not None:
        return f"{name} is taken by {name_of(stored.owner, work.schedule)}."
    return f"{name} is passed on." if pressed.key is Key.PASS else f"{name} is open."


def _with_letters(sentence: str, ticket_id: str) -> str:
    return sentence.replace(ticket_id, f"Ticket {by_letters(ticket_id)}", 1)
