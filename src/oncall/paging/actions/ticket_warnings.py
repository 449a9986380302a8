"""Warnings for the sender of a ticket: about fields that were left out, unknown fields, and contradictions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from oncall.errors import Refused
from oncall.paging.actions.posted_ticket import ReadTicket
from oncall.paging.actions.unknown_fields import TICKET_FIELDS, unknown_fields
from oncall.paging.domain.ticket import Ticket
from oncall.support.policy import Policy
from oncall.support.triage import QUESTIONS, answers_from, propose


def ticket_warnings(posted: Mapping[str, object], read: ReadTicket, policy: Policy) -> list[str]:
    """Return the warnings for the sender of a ticket, a sentence each. posted: the document.

    read: what was read from it.
    """
    return [
        *read.warnings,
        *unknown_fields(posted, TICKET_FIELDS),
        *unknown_fields(posted.get("triage"), QUESTIONS, within="triage."),
        *(() if read.is_triaged or posted.get("triage") is None else _against_triage(posted["triage"], read, policy)),
        *_against_customers_file(read.ticket, policy),
    ]


def _against_triage(triage: object, read: ReadTicket, policy: Policy) -> Iterator[str]:
    impact = read.ticket.impact
    try:
        proposed = propose(answers_from(triage), policy)
    except Refused as refusal:
        yield f"The impact {impact} is used; its triage cannot be used: {refusal}."
    else:
        if proposed.impact != impact:
            why = " ".join(proposed.reasons[:-1])
            yield f"The impact {impact} is used, although the triage points to {proposed.impact}: {why}"


def _against_customers_file(ticket: Ticket, policy: Policy) -> Iterator[str]:
    listed = policy.customer(ticket.customer)
    if listed is not None and listed.plan != ticket.plan:
        yield f"The plan {ticket.plan} is used, although the policy lists {listed.name} on {listed.plan}."
