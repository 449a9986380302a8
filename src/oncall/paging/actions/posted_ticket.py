"""Reads a ticket from the JSON that a sender posted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from oncall.errors import Refused
from oncall.paging.actions.field_faults import FieldFault, FieldFaults, instant, no_time, shown
from oncall.paging.actions.unknown_fields import LIKENESS, TICKET_FIELDS
from oncall.paging.domain.quoted_text import clean, nothing_shown
from oncall.paging.domain.ticket import Ticket
from oncall.paging.domain.verdict import impact_named, plan_named
from oncall.suggestions import nearest
from oncall.support.policy import Policy
from oncall.support.triage import QUESTIONS, AnswerFaults, answers_from, propose

ID_PATTERN = re.compile(r"[A-Za-z0-9._:-]{1,40}")
EARLY = timedelta(minutes=5)
"""How far a caller's clock may be ahead of ours."""
ANCIENT = timedelta(days=366)

LENGTHS = {"customer": 200, "subject": 1000, "url": 2000, "contact": 200}
UNKNOWN_CUSTOMER, NO_SUBJECT = "unknown customer", "(no subject)"
"""The value of a customer or a subject that the sender did not give."""

EXAMPLE = (
    '{"id": "T-1001", "customer": "Acme Ltd", "plan": "standard", "impact": "urgent", '
    '"subject": "Sessions do not start"}'
)


@dataclass(frozen=True, slots=True)
class ReadTicket:
    """A posted ticket, cleaned.

    is_triaged: True if the answers to its triage questions decided its impact. warnings: a sentence for each field that
    was left out or cut.
    """

    ticket: Ticket
    is_triaged: bool
    warnings: tuple[str, ...]


def parse_ticket(body: object, policy: Policy, now: datetime) -> Ticket:
    """Return a posted ticket, read as `read_ticket` does, without the warnings."""
    return read_ticket(body, policy, now).ticket


def read_ticket(body: object, policy: Policy, now: datetime) -> ReadTicket:
    """Read a posted ticket. now: policy time, aware UTC. Unknown fields are ignored; see `unknown_fields`.

    A ticket with a usable id, plan and impact is never refused: other fields that cannot be used are left out, each
    with a warning. Otherwise raises FieldFaults with every wrong field.
    """
    if not isinstance(body, Mapping):
        raise FieldFaults([FieldFault("ticket", "a JSON object is needed, like " + EXAMPLE)])
    reader = _Reader(body, policy, now)
    ticket_id, customer = reader.id(), reader.cut_text("customer")
    ticket = Ticket(
        id=ticket_id,
        customer=customer or UNKNOWN_CUSTOMER,
        plan=reader.plan(customer),
        impact=reader.impact(),
        subject=reader.cut_text("subject") or NO_SUBJECT,
        url=reader.whole_text("url"),
        opened_at=reader.opened_at(),
        contact=reader.whole_text("contact"),
    )
    if reader.is_refused:
        raise FieldFaults(reader.faults)
    return ReadTicket(ticket, reader.is_triaged, tuple(reader.warnings))


class _Reader:
    """Reads the fields of one posted ticket, and collects its faults and warnings.

    A fault in a field without which the ticket can be judged also gets a warning.
    """

    def __init__(self, body: Mapping[str, object], policy: Policy, now: datetime) -> None:
        self._body, self._policy, self._now = body, policy, now
        self.faults: list[FieldFault] = []
        self.warnings: list[str] = []
        self.is_triaged = False

    @property
    def is_refused(self) -> bool:
        """Return True if the ticket cannot be judged, because a field that a verdict needs has a fault."""
        return len(self.faults) > len(self.warnings)

    def _fault(self, field: str, message: str) -> str:
        self.faults.append(FieldFault(field, message))
        return ""

    def _left_out(self, field: str, message: str, warning: str | None = None) -> None:
        """Record a fault and a warning for a bad field without which the ticket can be judged."""
        self.faults.append(FieldFault(field, message))
        self.warnings.append(warning if warning is not None else f'"{field}" was left out: {message}.')

    def _missing(self, field: str, message: str = "missing") -> str:
        """Record the fault of a missing field.

        The message suggests an unknown field that the sender probably meant for it.
        """
        return self._fault(field, self._missing_words(field, message))

    def _missing_words(self, field: str, message: str = "missing") -> str:
        near = nearest(field, (name for name in self._body if name not in TICKET_FIELDS), likeness=LIKENESS)
        return f"{message}; {shown(near)} is not known, did you mean {field}?" if near else message

    def id(self) -> str:
        value = self._body.get("id")
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if value is None:
            return self._missing("id", 'missing; write "T-1001"')
        if not isinstance(value, str) or not ID_PATTERN.fullmatch(value):
            return self._fault("id", f"{shown(value)} is not a ticket id; write 1 to 40 of A-Z a-z 0-9 . _ : -")
        return value

    def cut_text(self, field: str) -> str:
        """Return the text of a field, cut to the longest length allowed; empty if there is none."""
        value = self._body.get(field)
        if value is None:
            self._left_out(field, self._missing_words(field), f'"{field}" is missing.')
            return ""
        text, longest = self._text(field, value), LENGTHS[field]
        if len(text) > longest:
            words = f'"{field}" has {len(text):,} characters and was cut to {longest:,}.'
            self._left_out(field, f"has {len(text)} characters; {longest} at most", words)
        return text[:longest]

    def whole_text(self, field: str) -> str | None:
        """Return the text of a field; None if it is missing or too long. A cut text would be useless here."""
        value = self._body.get(field)
        if value is None or (isinstance(value, str) and not clean(value)):
            return None
        text, longest = self._text(field, value), LENGTHS[field]
        if len(text) <= longest:
            return text or None
        words = f'"{field}" has {len(text):,} characters, more than {longest:,}, and was left out.'
        self._left_out(field, f"has {len(text)} characters; {longest} at most", words)
        return None

    def _text(self, field: str, value: object) -> str:
        if not isinstance(value, str):
            self._left_out(field, f"{shown(value)} is not text")
            return ""
        cleaned = clean(value)
        if not cleaned:
            self._left_out(field, nothing_shown(value), f'"{field}" {nothing_shown(value)}, and was left out.')
        return cleaned

    def plan(self, customer: str) -> str:
        """Return the posted plan, or else the plan of the customer in the customers file; empty after a fault."""
        known = self._policy.customer(customer) if customer else None
        if known is not None and self._body.get("plan") is None:
            # Some help desks know no plans.
            return known.plan
        try:
            return plan_named(self._word("plan"), self._policy).name
        except _NoWord as refusal:
            message = str(refusal) or self._missing_words("plan")
        except Refused as refusal:
            message = str(refusal)
        if known is None:
            return self._fault("plan", message)
        words = f"{message}; the policy lists {known.name} on {known.plan}"
        self._left_out("plan", message, f'"plan" was left out: {words}.')
        return known.plan

    def impact(self) -> str:
        """Return the posted impact, or else the impact that follows from the triage; empty after a fault."""
        if self._body.get("impact") is None and self._body.get("triage") is not None:
            return self._triaged()
        try:
            return impact_named(self._word("impact"), self._policy).name
        except _NoWord as refusal:
            message = str(refusal) or self._missing_words("impact")
        except Refused as refusal:
            message = str(refusal)
        if self._body.get("triage") is None:
            return self._fault("impact", message)
        self._left_out("impact", message)
        return self._triaged()

    def _triaged(self) -> str:
        """Return the impact that follows from the triage; empty after a fault.

        Bad answers are ignored if any answer is good.
        """
        posted, self.is_triaged = self._body["triage"], True
        try:
            answers = answers_from(posted)
        except AnswerFaults as refusal:
            bad = dict(refusal.faults)
            good = {name: posted[name] for name in QUESTIONS if name in posted} if isinstance(posted, Mapping) else {}
            usable = {name: value for name, value in good.items() if name not in bad and value is not None}
            record = self._left_out if usable else self._fault
            for name, words in refusal.faults:
                record(f"triage.{name}" if name else "triage", words)
            if not usable:
                return ""
            answers = answers_from(usable)
        try:
            return propose(answers, self._policy).impact
        except Refused as refusal:
            return self._fault("triage", str(refusal))

    def _word(self, field: str) -> str:
        """Return the text of a field that must be a name in the policy.

        Raises _NoWord if it cannot be one, with an empty message if the field is missing.
        """
        value = self._body.get(field)
        if value is None:
            raise _NoWord("")
        if not isinstance(value, str) or not value.strip() or len(value) > 100:
            raise _NoWord(f"{shown(value)} is not a name of the policy")
        if not clean(value):
            raise _NoWord(nothing_shown(value))
        return clean(value)

    def opened_at(self) -> datetime | None:
        value = self._body.get("opened_at")
        if value is None:
            return None
        at = instant(value)
        if at is None:
            self._left_out("opened_at", no_time(value))
        elif at > self._now + EARLY:
            self._left_out("opened_at", f"{at.isoformat()} is in the future: it is {_seconds(self._now)} now")
        elif at < self._now - ANCIENT:
            self._left_out("opened_at", f"{at.isoformat()} is more than a year ago: it is {_seconds(self._now)} now")
        else:
            return at
        return None


class _NoWord(Refused):
    """Raised for a field that cannot be a name. The message is empty if the field is missing."""


def _seconds(at: datetime) -> str:
    return at.replace(microsecond=0).isoformat()
