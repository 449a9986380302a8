"""Checks whether a caller's token allows a posted action on a ticket, before the action is recorded."""

from __future__ import annotations

from dataclasses import replace

from oncall.errors import NotFound, OncallError, Refused
from oncall.paging.actions.action_checks import LONGEST_WHY
from oncall.paging.actions.consequences import ActionResult
from oncall.paging.actions.engineer_tokens import roster_fault
from oncall.paging.actions.field_faults import FieldFault, FieldFaults
from oncall.paging.actions.merging import DifferentTickets
from oncall.paging.actions.permissions import Access, Operation, access
from oncall.paging.actions.posted_ticket import ID_PATTERN
from oncall.paging.actions.record_action import record_by_reference, record_on
from oncall.paging.actions.ticket_action import TicketAction
from oncall.paging.domain.events import EventKind
from oncall.paging.domain.quoted_text import clean, quoted
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.paging.outgoing.ticket_work import TicketWork
from oncall.paging.ports.callers import CallerRole, Token
from oncall.paging.ports.store import TicketStore
from oncall.schedule.schedule import Schedule

OFF_ROSTER = "you are on no published roster any more, so nothing was changed; ask your manager"


class NotAllowed(OncallError):
    """Raised for an action that the caller's token does not allow."""


def record_for(
    caller: Token, tx: TicketStore, reference: str, action: TicketAction, context: ActionContext
) -> ActionResult:
    """Record an action as `record_by_reference` does, if the caller's token allows it.

    A program must name a ticket by its id: codes are for people, and no error tells a program about another ticket.
    Raises NotAllowed if the caller may not record this action, and the errors of `record`: FieldFaults, NotFound,
    Conflict and Refused.
    """
    action = allowed_action(action, caller, tx.schedule())
    if caller.role is not CallerRole.INTAKE:
        return record_by_reference(tx, reference, action, context)
    action = _reported(action, caller)
    stored = tx.ticket(reference) if ID_PATTERN.fullmatch(reference) else None
    if stored is None:
        raise NotFound(f"no ticket has the id {quoted(reference)}")
    if stored.ticket.is_drill and action.kind is not EventKind.ACKNOWLEDGED:
        raise NotAllowed("a drill is a test page: only the person who got it can answer it")
    try:
        return record_on(TicketWork.on(tx, stored, context), action)
    except DifferentTickets as refusal:
        raise Refused(f"{reference} cannot be merged into {action.into}: their customers or plans differ") from refusal


def drilled_by(caller: Token, to: str | None) -> str | None:
    """Return the id of the person who gets a drill; None if the caller named none.

    That is the posted `to`. For an engineer's token it is the engineer; NotAllowed is raised if `to` is another person.
    """
    if access(caller.role, Operation.START_DRILL) is not Access.AS_ITSELF:
        return to
    if to not in (None, caller.name):
        raise NotAllowed(f"this token sends a drill to {caller.name} alone")
    return caller.name


def allowed_action(action: TicketAction, caller: Token, schedule: Schedule) -> TicketAction:
    """Return the action in the form in which it will be recorded.

    A message to a customer that a program reports does not take the ticket. Raises NotAllowed if the token does not
    allow the action, and FieldFaults if the action names no person who could have done it.
    """
    allowed = access(caller.role, action.kind)
    if allowed is Access.NO:
        raise NotAllowed(_no_program(caller, action))
    if allowed is Access.AS_ITSELF:
        _refuse_another_name(action, caller, schedule)
    if allowed is Access.FOR_A_PERSON and not caller.may_acknowledge:
        raise NotAllowed(_no_program(caller, action))
    if allowed is Access.WITHOUT_TAKING:
        is_a_person = caller.may_acknowledge and action.by in schedule.people and action.by != caller.name
        return replace(action, takes_ticket=is_a_person)
    if action.kind is EventKind.ACKNOWLEDGED:
        _refuse_nobody(action, caller, schedule)
    return action


def _reported(action: TicketAction, caller: Token) -> TicketAction:
    """Return an action of a person that a program reports, with the program's name added to its reason."""
    if action.by == caller.name:
        return action
    reported = f"reported by {caller.name}"
    why = clean(action.why)[: LONGEST_WHY - len(reported) - len("; ")]
    return replace(action, why=f"{why}; {reported}" if why else reported)


def _refuse_another_name(action: TicketAction, caller: Token, schedule: Schedule) -> None:
    if action.by != caller.name:
        raise NotAllowed(f"this token acts for {caller.name} alone")
    fault = roster_fault(caller.name, schedule)
    if fault is not None:
        raise NotAllowed(f"this token may not record events: {fault}", on_page=OFF_ROSTER)


def _refuse_nobody(action: TicketAction, caller: Token, schedule: Schedule) -> None:
    """Raise FieldFaults if an acknowledgement names no person: `by` is only the token's name, which is not a person's.

    Also raises it if a program names a person while no roster is published. When the action is recorded,
    `refuse_stranger` checks whether the named person is on the roster.
    """
    names_itself = action.by == caller.name
    if caller.role is CallerRole.INTAKE:
        if names_itself:
            raise FieldFaults([FieldFault("by", "name the person on the roster who takes the ticket, by their id")])
        if not schedule.people:
            raise FieldFaults([FieldFault("by", f"no roster is published, so {action.by} is on none")])
    elif names_itself and schedule.people and caller.name not in schedule.people:
        words = f"{caller.name} is on no published roster; name the person who takes the ticket, by their id"
        raise FieldFaults([FieldFault("by", words)])


def _no_program(caller: Token, action: TicketAction) -> str:
    what = action.kind.value
    if action.kind is not EventKind.ACKNOWLEDGED:
        return f"a token of role {caller.role.value} may not record {what}: only a person passes a ticket on"
    return (
        f"a token of role {caller.role.value} may not record {what}: a person takes a ticket, not a program; a token "
        "made with --may-acknowledge may record it for a person on the roster"
    )
