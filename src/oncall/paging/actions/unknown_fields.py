"""Unknown fields in a request body, and contradictions: the sender gets warnings.

Help desks send many fields, and a refused ticket pages nobody. So unknown fields are ignored and listed in the answer's
`warnings`, each with the known field that was probably meant.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from oncall.errors import Refused
from oncall.paging.domain.ticket import Ticket
from oncall.suggestions import nearest
from oncall.support.policy import Policy
from oncall.support.triage import QUESTIONS, answers_from, propose

TICKET_FIELDS = ("id", "customer", "plan", "impact", "subject", "url", "opened_at", "contact", "triage")
LIKENESS = 0.65
"""The least similarity of two names for a suggestion. It is high enough that `tags` does not suggest `triage`."""
MOST_NAMED = 20
"""The most unknown fields that are listed; the others are only counted."""


def unknown_fields(posted: object, known: Iterable[str], *, within: str = "") -> list[str]:
    """Return a sentence for each unknown field of the document. within: the field that holds the document, if any."""
    if not isinstance(posted, Mapping):
        return []
    names = list(known)
    unknown = [name for name in posted if name not in names]
    told = [_left_out(name, nearest(name, names, likeness=LIKENESS), within) for name in unknown[:MOST_NAMED]]
    rest = len(unknown) - len(told)
    return [*told, f"{rest:,} more fields that are not known were left out."] if rest else told


def _left_out(name: str, near: str | None, within: str) -> str:
    shown = within + "".join(letter if letter.isprintable() else "?" for letter in name[:60])
    shown = shown.encode("utf-8", "replace").decode("utf-8")
    meant = f'; did you mean "{within}{near}"?' if near is not None else "."
    return f'"{shown}" is not a known field and was left out{meant}'


def ticket_warnings(posted: Mapping[str, object], ticket: Ticket, policy: Policy) -> list[str]:
    """Return the warnings for the sender of a ticket, a sentence each. ticket: what was read from the document."""
    return [
        *unknown_fields(posted, TICKET_FIELDS),
        *unknown_fields(posted.get("triage"), QUESTIONS, within="triage."),
        *_contradictions(posted, ticket, policy),
    ]


def _contradictions(posted: Mapping[str, object], ticket: Ticket, policy: Policy) -> Iterator[str]:
    if posted.get("impact") is not None and posted.get("triage") is not None:
        try:
            proposed = propose(answers_from(posted["triage"]), policy)
        except Refused as refusal:
            yield f"The impact {ticket.impact} holds, but its triage cannot be used: {refusal}."
        else:
            if proposed.impact != ticket.impact:
                why = " ".join(proposed.reasons[:-1])
                yield f"The impact {ticket.impact} holds, but its triage speaks for {proposed.impact}: {why}"
    listed = policy.customer(ticket.customer)
    if listed is not None and listed.plan != ticket.plan:
        yield f"The plan {ticket.plan} holds, but the policy lists {listed.name} on {listed.plan}."
