"""Intake: check a posted ticket, judge it, and store it once, with its events and page, in one transaction."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from oncall.errors import Conflict, OncallError, Refused
from oncall.paging.actions.unknown_fields import LIKENESS, TICKET_FIELDS, ticket_warnings
from oncall.paging.clocks.clock_book import in_force
from oncall.paging.domain.decide import judged
from oncall.paging.domain.events import Received
from oncall.paging.domain.quoted_text import clean, nothing_shown, quoted
from oncall.paging.domain.ticket import Attempt, StoredTicket, Ticket, TicketStatus
from oncall.paging.domain.ticket_answer import TicketAnswer
from oncall.paging.domain.verdict import Action, impact_named, plan_named, verdict
from oncall.paging.outgoing.advance import advance
from oncall.paging.outgoing.codes import free_code
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.paging.outgoing.ticket_work import TicketWork
from oncall.paging.ports.store import TicketStore
from oncall.suggestions import nearest
from oncall.support.policy import Policy
from oncall.support.triage import AnswerFaults, answers_from, propose
from oncall.support.wording import span

ID_PATTERN = re.compile(r"[A-Za-z0-9._:-]{1,40}")
EARLY = timedelta(minutes=5)
"""How far the caller's clock may be ahead of ours."""
ANCIENT = timedelta(days=366)

LENGTHS = {"customer": 200, "subject": 1000, "url": 2000, "contact": 200}


@dataclass(frozen=True, slots=True)
class FieldFault:
    """One field of a posted document that cannot be used, and what to send instead."""

    field: str
    message: str


class FieldFaults(OncallError):
    """Raised for a posted document that has faults. Holds all faults, not only the first one."""

    def __init__(self, faults: Sequence[FieldFault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(f"{fault.field}: {fault.message}" for fault in faults))


@dataclass(frozen=True, slots=True)
class AcceptedTicket:
    """The result of a posted ticket. is_new: False if the same ticket was stored before; nobody is paged again."""

    answer: TicketAnswer
    is_new: bool
    attempts: tuple[Attempt, ...]


def parse_ticket(body: object, policy: Policy, now: datetime) -> Ticket:
    """Return a posted ticket, cleaned. Unknown keys are ignored; see `unknown_fields`. now: policy time, aware UTC.

    Raises FieldFaults naming every field at fault.
    """
    if not isinstance(body, Mapping):
        raise FieldFaults([FieldFault("ticket", "a JSON object is needed, like " + EXAMPLE)])
    reader = _Reader(body, policy, now)
    ticket = Ticket(
        id=reader.id(),
        customer=reader.text("customer"),
        plan=reader.plan(),
        impact=reader.impact(),
        subject=reader.text("subject"),
        url=reader.optional_text("url"),
        opened_at=reader.opened_at(),
        contact=reader.optional_text("contact"),
    )
    if reader.faults:
        raise FieldFaults(reader.faults)
    return ticket


EXAMPLE = (
    '{"id": "T-1001", "customer": "Acme Ltd", "plan": "standard", "impact": "urgent", '
    '"subject": "Sessions do not start"}'
)


class _Reader:
    """Reads the fields of one posted ticket and collects every fault."""

    def __init__(self, body: Mapping[str, object], policy: Policy, now: datetime) -> None:
        self._body, self._policy, self._now = body, policy, now
        self.faults: list[FieldFault] = []

    def _fault(self, field: str, message: str) -> str:
        self.faults.append(FieldFault(field, message))
        return ""

    def _missing(self, field: str, message: str = "missing") -> str:
        """Record a missing field. The message suggests the unknown field that was probably meant for it."""
        near = nearest(field, (name for name in self._body if name not in TICKET_FIELDS), likeness=LIKENESS)
        return self._fault(field, f"{message}; {_shown(near)} is not known, did you mean {field}?" if near else message)

    def id(self) -> str:
        value = self._body.get("id")
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if value is None:
            return self._missing("id", 'missing; write "T-1001"')
        if not isinstance(value, str) or not ID_PATTERN.fullmatch(value):
            return self._fault("id", f"{_shown(value)} is not a ticket id; write 1 to 40 of A-Z a-z 0-9 . _ : -")
        return value

    def text(self, field: str) -> str:
        value = self._body.get(field)
        if value is None:
            return self._missing(field)
        if not isinstance(value, str):
            return self._fault(field, f"{_shown(value)} is not text")
        cleaned = clean(value)
        if not cleaned:
            return self._fault(field, nothing_shown(value))
        if len(cleaned) > LENGTHS[field]:
            return self._fault(field, f"has {len(cleaned)} characters; {LENGTHS[field]} at most")
        return cleaned

    def optional_text(self, field: str) -> str | None:
        value = self._body.get(field)
        is_absent = value is None or (isinstance(value, str) and not clean(value))
        return None if is_absent else self.text(field)

    def plan(self) -> str:
        customer = self._body.get("customer")
        if self._body.get("plan") is None and isinstance(customer, str):
            # Some help desks know no plans: the customers file says which plan this customer has.
            known = self._policy.customer(clean(customer))
            if known is not None:
                return known.plan
        value = self._word("plan")
        if not value:
            return ""
        try:
            return plan_named(value, self._policy).name
        except Refused as refusal:
            return self._fault("plan", str(refusal))

    def impact(self) -> str:
        if self._body.get("impact") is None and self._body.get("triage") is not None:
            return self._triaged()
        value = self._word("impact")
        if not value:
            return ""
        try:
            return impact_named(value, self._policy).name
        except Refused as refusal:
            return self._fault("impact", str(refusal))

    def _triaged(self) -> str:
        try:
            return propose(answers_from(self._body["triage"]), self._policy).impact
        except AnswerFaults as refusal:
            for name, words in refusal.faults:
                self._fault(f"triage.{name}" if name else "triage", words)
            return ""
        except Refused as refusal:
            return self._fault("triage", str(refusal))

    def _word(self, field: str) -> str:
        value = self._body.get(field)
        if value is None:
            return self._missing(field)
        if not isinstance(value, str) or not value.strip() or len(value) > 100:
            return self._fault(field, f"{_shown(value)} is not a name of the policy")
        return clean(value) or self._fault(field, nothing_shown(value))

    def opened_at(self) -> datetime | None:
        value = self._body.get("opened_at")
        if value is None:
            return None
        at = instant(value)
        if at is None:
            self._fault("opened_at", no_time(value))
        elif at > self._now + EARLY:
            self._fault("opened_at", f"{at.isoformat()} is in the future: it is {_seconds(self._now)} now")
        elif at < self._now - ANCIENT:
            self._fault("opened_at", f"{at.isoformat()} is more than a year ago: it is {_seconds(self._now)} now")
        return at


def instant(value: object) -> datetime | None:
    """Return the aware UTC time of an ISO 8601 text with an offset; None for anything else."""
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        at = datetime.fromisoformat(value)
        return at.astimezone(UTC) if at.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def _seconds(at: datetime) -> str:
    return at.replace(microsecond=0).isoformat()


def no_time(value: object) -> str:
    """Return the fault of a value that is not a time with an offset."""
    return f'{_shown(value)} is not a time with an offset; write "2027-01-09T03:12:00-05:00"'


def _shown(value: object) -> str:
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, Mapping | list):
        # The value is not quoted: it may be nested deeper than Python can walk.
        return "an object" if isinstance(value, Mapping) else "a list"
    return json.dumps(value)[:40]


def accept_posted(tx: TicketStore, body: object, context: ActionContext) -> AcceptedTicket:
    """Read a posted ticket and accept it. The answer's `warnings` tell the sender what was ignored.

    Raises FieldFaults as `parse_ticket` does, and Conflict as `accept`.
    """
    policy = tx.policy()
    ticket = parse_ticket(body, policy, context.now)
    assert isinstance(body, Mapping)
    return accept(tx, ticket, context, warnings=ticket_warnings(body, ticket, policy))


def accept(tx: TicketStore, ticket: Ticket, context: ActionContext, *, warnings: Sequence[str] = ()) -> AcceptedTicket:
    """Store a ticket with its first events and page in `tx`. The same ticket again returns the first answer.

    warnings: for the sender; kept with the answer.
    Raises Conflict when the id is taken by a ticket with other content.
    """
    stored = tx.ticket(ticket.id)
    if stored is not None:
        if stored.ticket.fingerprint() != ticket.fingerprint():
            raise Conflict(f"ticket {ticket.id} is already stored with other content; nothing was changed")
        assert stored.answer is not None, "every stored ticket was answered"
        return AcceptedTicket(stored.answer, is_new=False, attempts=())
    return _accept_new(tx, ticket, context, warnings)


def _posted_words(ticket: Ticket, now: datetime) -> str:
    """Return the words of the receipt event. SLA clocks start at the receipt, not at `opened_at`."""
    if ticket.opened_at is None or now - ticket.opened_at < timedelta(minutes=1):
        return "posted"
    return f"posted {span(now - ticket.opened_at)} after it was opened"


def _accept_new(tx: TicketStore, ticket: Ticket, context: ActionContext, warnings: Sequence[str]) -> AcceptedTicket:
    policy, schedule, now = tx.policy(), tx.schedule(), context.now
    decided = verdict(ticket, policy, schedule, now)
    code = free_code(tx)
    answer: TicketAnswer = {"ticket": ticket.id, "verdict": decided.as_json(policy.zone)}
    if decided.action is Action.PAGE:
        answer["page"] = {"code": code}
    if warnings:
        answer["warnings"] = list(warnings)
    stored = StoredTicket(ticket, answer, code, now, TicketStatus.OPEN, ticket.impact, decided.action.value)
    terms, posted = in_force(tx, now), _posted_words(ticket, now)
    work = TicketWork(tx, stored, (), context, is_new=True)
    work.add(Received(ticket.id, now, context.by, posted, plan=ticket.plan, impact=ticket.impact, terms=terms))
    work.add(judged(decided, ticket_id=ticket.id, why="judged at receipt", terms=terms))
    advance(work)
    work.write()
    return AcceptedTicket(answer, is_new=True, attempts=tuple(work.sent))
