"""Carries out a sender's acknowledgement.

A person takes the ticket if the token allows that; else a note is written.
"""

from __future__ import annotations

from collections.abc import Mapping

from oncall.errors import OncallError
from oncall.intake.signals import Became, Origin, Signal, Taken
from oncall.paging.actions.caller_actions import record_for
from oncall.paging.actions.ticket_action import TicketAction
from oncall.paging.domain.events import EventKind, Noted
from oncall.paging.domain.quoted_text import clean
from oncall.paging.domain.ticket import StoredTicket, TicketStatus
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.paging.outgoing.ticket_work import TicketWork
from oncall.paging.ports.callers import CallerRole
from oncall.paging.ports.store import IntakeStore
from oncall.schedule.versions import Person

LONGEST_NOTE = 1000


def acknowledge(tx: IntakeStore, signal: Signal, origin: Origin, stored: StoredTicket, context: ActionContext) -> Taken:
    """Record that the person in the signal takes the ticket, if the caller's token allows that. Otherwise write a note.

    A note changes nothing else: the engineers are still paged.
    """
    name = stored.ticket.id
    if stored.status is TicketStatus.RESOLVED:
        return Taken(Became.IGNORED, name, "it is resolved already")
    person = person_named(signal.by, tx.schedule().people)
    caller = origin.caller
    if person is None and caller.role is CallerRole.ENGINEER and not signal.by:
        person = caller.name
    why_not = _why_not(origin, signal, person)
    if why_not is None and person is not None:
        action = TicketAction(EventKind.ACKNOWLEDGED, person, context.now, clean(signal.why))
        try:
            done = record_for(caller, tx, name, action, context)
        except OncallError as refusal:
            why_not = str(refusal)
        else:
            became = Became.ACKNOWLEDGED if done.changed else Became.IGNORED
            return Taken(became, name, done.sentence, done.attempts)
    who = f" by {clean(signal.by)[:60]}" if signal.by else ""
    return note_on(tx, stored, f"{origin.sender} reports an acknowledgement{who}; paging goes on: {why_not}", context)


def _why_not(origin: Origin, signal: Signal, person: str | None) -> str | None:
    """Return why the person may not take the ticket by this acknowledgement; None if they may."""
    if origin.caller.role is CallerRole.INTAKE and not origin.caller.may_acknowledge:
        return "the token was not made with --may-acknowledge"
    if person is None:
        return "it names no person on the roster" if signal.by else "it names no person"
    return None


def person_named(word: str, people: Mapping[str, Person]) -> str | None:
    """Return the id of the person on the roster with this id, mail address or name; None unless exactly one has it."""
    wanted = clean(word).casefold()
    if not wanted:
        return None
    found = [
        person.id
        for person in people.values()
        if wanted in (person.id.casefold(), person.name.casefold(), (person.email or "").casefold())
    ]
    return found[0] if len(found) == 1 else None


def note_on(tx: IntakeStore, stored: StoredTicket, why: str, context: ActionContext) -> Taken:
    """Append a note to the ticket's log, unless the log already has the same note by the same author."""
    why = clean(why)[:LONGEST_NOTE]
    work = TicketWork.on(tx, stored, context)
    if any(isinstance(event, Noted) and (event.by, event.why) == (context.by, why) for event in work.log):
        return Taken(Became.IGNORED, work.name, "it is noted already")
    work.add(Noted(work.name, context.now, context.by, why))
    work.write()
    return Taken(Became.NOTED, work.name, why)
