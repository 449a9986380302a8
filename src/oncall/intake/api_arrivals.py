"""Writes posts to the tickets API to the intake log, which also has the requests of senders with their own formats.

Only posts of programs (role `intake`) are logged there. What people do is in the ticket's own log.
"""

from __future__ import annotations

from oncall.intake.arrivals import note_arrival
from oncall.intake.signals import Became, Origin, Taken
from oncall.paging.actions.consequences import ActionResult
from oncall.paging.actions.intake import AcceptedTicket
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.paging.ports.callers import CallerRole, Token
from oncall.paging.ports.store import IntakeStore

_SENDER = "api"
_TICKETS = "/v1/tickets"


def log_ticket(tx: IntakeStore, caller: Token, accepted: AcceptedTicket, context: ActionContext) -> None:
    """Log that a program posted a ticket, whether the ticket is new or a repeat."""
    if caller.role is not CallerRole.INTAKE:
        return
    name = accepted.answer["ticket"]
    taken = Taken(Became.OPENED, name, f"the verdict is {accepted.answer['verdict']['action']}")
    if not accepted.is_new:
        taken = Taken(Became.IGNORED, name, "the same ticket came before")
    note_arrival(tx, Origin(caller, _SENDER, ""), _TICKETS, [taken], context)


def log_event(tx: IntakeStore, caller: Token, done: ActionResult, context: ActionContext) -> None:
    """Log that a program posted an event."""
    if caller.role is not CallerRole.INTAKE:
        return
    name = done.ticket.ticket.id
    words = done.sentence.removeprefix(f"{name}: ")
    taken = Taken(Became.RECORDED if done.changed else Became.IGNORED, name, words)
    note_arrival(tx, Origin(caller, _SENDER, ""), f"{_TICKETS}/{name}/events", [taken], context)
