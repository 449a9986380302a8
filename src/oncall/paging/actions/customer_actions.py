"""What a customer does on the web page of their ticket: write, say that it got worse, or say that it is solved."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from enum import StrEnum

from oncall.errors import Refused
from oncall.paging.actions.action_checks import message_fault
from oncall.paging.actions.caller_actions import record_for
from oncall.paging.actions.consequences import ActionResult
from oncall.paging.actions.field_faults import FieldFault, FieldFaults
from oncall.paging.actions.merging import goes_on_as
from oncall.paging.actions.ticket_action import TicketAction
from oncall.paging.domain.events import EventKind
from oncall.paging.domain.ticket import StoredTicket, TicketStatus
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.paging.outgoing.ticket_work import TicketWork
from oncall.paging.ports.callers import CallerRole, Token
from oncall.paging.ports.store import TicketStore
from oncall.support.policy import Policy, folded_name

CUSTOMER = "customer"
"""The author of each action of a customer on a web page."""
STALE = "this form is not complete; open the page again and send it from there"
SOLVED_ALREADY = "This ticket is solved already. Write a message to open it again."
_FORM_ID = re.compile(r"[0-9a-f]{16}")


class CustomerAct(StrEnum):
    """What a customer may do on the ticket's web page. The value is the last part of the path of its form."""

    MESSAGE = "message"
    WORSE = "worse"
    SOLVED = "solved"


def continued(tx: TicketStore, stored: StoredTicket, context: ActionContext) -> TicketWork:
    """Return the ticket that the customer's web page shows: the ticket itself, unless it is a duplicate.

    For a duplicate it is the ticket that the duplicate was merged into, if that one belongs to the same customer.
    """
    work = TicketWork.on(tx, stored, context)
    target = goes_on_as(work)
    is_own = folded_name(target.stored.ticket.customer) == folded_name(stored.ticket.customer)
    return target if is_own else work


def graver_impact(impact: str, policy: Policy) -> str | None:
    """Return the next graver impact; None for the gravest, and for an impact that the policy does not have."""
    names = list(policy.impacts)
    place = names.index(impact) if impact in names else 0
    return names[place - 1] if place > 0 else None


def customer_act(
    tx: TicketStore, stored: StoredTicket, act: CustomerAct, fields: Mapping[str, str], context: ActionContext
) -> ActionResult:
    """Record what a customer does on the ticket's web page, as the API would record it.

    A repeated form changes nothing. fields: the form's fields. Raises FieldFaults for a form with wrong fields, and
    Refused if the ticket is resolved and the form is not a message.
    """
    work = continued(tx, stored, context)
    form = fields.get("id", "")
    if not _FORM_ID.fullmatch(form):
        raise FieldFaults([FieldFault("form", STALE)])
    caller = Token(CUSTOMER, CallerRole.INTAKE, "", context.real_now)
    action = _action(work, act, fields, form, context)
    if action is None:
        return ActionResult(work, False, f"The impact is {work.stored.impact} already.")
    if act is not CustomerAct.MESSAGE and work.state.status is TicketStatus.RESOLVED:
        raise Refused(SOLVED_ALREADY)
    return record_for(caller, tx, work.name, action, context)


def _action(
    work: TicketWork, act: CustomerAct, fields: Mapping[str, str], form: str, context: ActionContext
) -> TicketAction | None:
    """Return the ticket action that a form means; None if it would change nothing."""
    at = context.now
    if act is CustomerAct.SOLVED:
        return TicketAction(EventKind.RESOLVED, CUSTOMER, at, "the customer says it is solved", f"page-{form}-solved")
    if act is CustomerAct.WORSE:
        impact = _worse(work, fields.get("impact", ""))
        why = "the customer says it got worse"
        name = f"page-{form}-worse"
        return TicketAction(EventKind.IMPACT_CHANGED, CUSTOMER, at, why, name, impact=impact) if impact else None
    text = fields.get("message", "")
    fault = message_fault(text)
    if fault is not None:
        raise FieldFaults([FieldFault("message", fault)])
    # The words are part of the id, so that a form that is sent again with other words loses nothing.
    words = hashlib.sha256(text.encode(errors="replace")).hexdigest()[:16]
    why = "the customer wrote on the ticket's page"
    return TicketAction(EventKind.CUSTOMER_REPLIED, CUSTOMER, at, why, f"page-{form}-{words}", message=text)


def _worse(work: TicketWork, shown: str) -> str | None:
    """Return the impact that is one step graver than the one shown; None if the ticket has it or a graver one.

    So two tabs that show the same impact raise it by one step, not by two. shown: the impact on the web page.
    """
    names, now = list(work.policy.impacts), work.stored.impact
    wanted = graver_impact(shown, work.policy)
    if wanted is None or now not in names or names.index(now) <= names.index(wanted):
        return None
    return wanted
