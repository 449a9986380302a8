"""The portal's form: reads its fields, says what the form would cause, and posts it once as a ticket."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from oncall.errors import Conflict
from oncall.paging.actions.action_checks import message_fault
from oncall.paging.actions.customer_actions import CUSTOMER, STALE
from oncall.paging.actions.field_faults import FieldFault, FieldFaults
from oncall.paging.actions.intake import AcceptedTicket, accept_posted
from oncall.paging.actions.portal_mail import RoutedForm, routed_mail
from oncall.paging.actions.portal_sign_in import Contact
from oncall.paging.actions.posted_ticket import LENGTHS
from oncall.paging.actions.record_action import record
from oncall.paging.actions.ticket_access import LinkStore, make_ticket_link
from oncall.paging.actions.ticket_action import TicketAction
from oncall.paging.domain.events import EventKind
from oncall.paging.domain.quoted_text import clean
from oncall.paging.domain.ticket import Attempt
from oncall.paging.domain.verdict import Action, Question, plan_named, verdict
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.paging.ports.relay import RelayMessages
from oncall.paging.ports.store import TicketStore
from oncall.schedule.schedule import Schedule
from oncall.support.policy import Policy
from oncall.support.portal_form import impact_of, reason_of, row_of
from oncall.support.portal_rules import QUESTIONS, Emergency, FormAnswers, Way, What, Who
from oncall.support.wording import full_time

FORM_ID = re.compile(r"[0-9a-f]{16}")
SENT_ALREADY = "This form was sent before with other answers, and that ticket is kept. Send it again for another one."
SERVICES = "Billing, training or services: "
"""The beginning of the subject of a ticket that the desk routes to another team."""


class PortalStore(LinkStore, TicketStore, RelayMessages, Protocol):
    """The queries for tickets, ticket links and mails."""


@dataclass(frozen=True, slots=True)
class PortalForm:
    """A checked form. form: its id, a random text from the web page. subject: one line. message: the description."""

    form: str
    answers: FormAnswers
    subject: str
    message: str


@dataclass(frozen=True, slots=True)
class PostedForm:
    """The ticket made from a form. attempts: to be sent. path: the path of the ticket's web page, with its secret."""

    accepted: AcceptedTicket
    attempts: tuple[Attempt, ...]
    path: str


def read_form(fields: Mapping[str, str]) -> PortalForm:
    """Read the form from its fields. Raises FieldFaults with every wrong field, in the order of the web page."""
    faults = [
        FieldFault(question.name, "choose an answer")
        for question in QUESTIONS
        if fields.get(question.name) not in question.answers
    ]
    subject, message, form = clean(fields.get("subject", "")), fields.get("message", ""), fields.get("id", "")
    if not 0 < len(subject) <= LENGTHS["subject"]:
        words = f"has {len(subject):,} characters; write at most {LENGTHS['subject']}" if subject else "is empty"
        faults.append(FieldFault("subject", words))
    if (words_fault := message_fault(message)) is not None:
        faults.append(FieldFault("message", words_fault))
    if not FORM_ID.fullmatch(form):
        faults.append(FieldFault("form", STALE))
    if faults:
        raise FieldFaults(faults)
    what, who, way, emergency = (fields[question.name] for question in QUESTIONS)
    return PortalForm(form, FormAnswers(What(what), Who(who), Way(way), Emergency(emergency)), subject, message)


def promise_words(
    form: PortalForm, contact: Contact, policy: Policy, schedule: Schedule, now: datetime
) -> tuple[str, list[str]]:
    """Return the impact of a form, and sentences that say what the form would cause if it were sent at `now`.

    now: policy time, aware UTC.
    """
    impact, zone = impact_of(form.answers, policy), policy.zone
    plan = plan_named(contact.customer.plan, policy).name
    decided = verdict(Question(plan, impact), policy, schedule, now)
    words = [
        f"The impact is {impact}: {reason_of(form.answers, policy)}",
        f"Your plan is {plan}. It is {full_time(now, zone)}.",
    ]
    if decided.action is Action.HOLD and decided.hold_until is not None:
        words.append(f"Work on it starts {full_time(decided.hold_until, zone)}.")
    elif decided.action is Action.PAGE:
        words.append("An engineer is called at once.")
    else:
        words.append("Our support desk takes it.")
    if decided.first_reply_due is not None:
        words.append(f"You get the first reply by {full_time(decided.first_reply_due, zone)}.")
    return impact, words


def post_form(
    tx: PortalStore, form: PortalForm, contact: Contact, context: ActionContext, *, can_mail: bool
) -> PostedForm:
    """Store the ticket of a form with its description. Returns it with a new link to its web page.

    can_mail: True to mail the ticket also to the team that the policy names for these answers. A form that is sent
    twice gives one ticket. Raises Conflict if it has other content the second time.
    """
    policy = tx.policy_at(context.now)
    row = row_of(form.answers, policy)
    # The contact is part of the id, so that no form can name the ticket of another customer.
    name = "W-" + hashlib.sha256(f"{contact.address}\n{form.form}".encode()).hexdigest()[:12]
    is_service = form.answers.what is What.SERVICES
    body = {
        "id": name,
        "customer": contact.customer.name,
        "plan": contact.customer.plan,
        "impact": row.impact,
        "subject": f"{SERVICES}{form.subject}"[: LENGTHS["subject"]] if is_service else form.subject,
        "contact": contact.address,
    }
    try:
        accepted = accept_posted(tx, body, context, reasons=_reasons(form.answers, policy, can_mail=can_mail))
    except Conflict as refusal:
        raise Conflict(SENT_ALREADY) from refusal
    said = TicketAction(
        EventKind.CUSTOMER_REPLIED,
        CUSTOMER,
        context.now,
        "the customer described it on the portal",
        f"form-{hashlib.sha256(form.message.encode(errors='replace')).hexdigest()[:16]}",
        needs_reply=False,
        message=form.message,
    )
    done = record(tx, name, said, context)
    if row.mail and can_mail:
        # Its id follows from the ticket, so that the same form again mails nothing.
        words = RoutedForm(name, contact.customer.name, contact.address, form.subject, form.message)
        tx.add_relay_messages([routed_mail(words, row.mail, context.real_now)])
    link = make_ticket_link(tx, name, by=CUSTOMER, public_url="", real_now=context.real_now)
    return PostedForm(accepted, (*accepted.attempts, *done.attempts), link["url"])


def _reasons(answers: FormAnswers, policy: Policy, *, can_mail: bool) -> list[str]:
    """Return sentences that say why the ticket has its impact, and which other team gets it."""
    team = row_of(answers, policy).mail
    routed = [f"It also goes to {team} by mail (portal.impacts of the policy)."] if team and can_mail else []
    return [reason_of(answers, policy), *routed]
