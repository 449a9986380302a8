"""A drill: a test page, marked as such, that is sent like a real one. It never escalates.

The drill ends when it is acknowledged.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, TypedDict

from oncall.errors import Refused
from oncall.paging.domain.decide import PAGER
from oncall.paging.domain.events import Received, Resolved, TermsVersions
from oncall.paging.domain.pager_events import StepFired
from oncall.paging.domain.people import first_responder
from oncall.paging.domain.quoted_text import clean, quoted
from oncall.paging.domain.ticket import DRILL, Attempt, AttemptStatus, Purpose, StoredTicket, Ticket, TicketStatus
from oncall.paging.domain.ticket_answer import TicketAnswer, VerdictView
from oncall.paging.domain.verdict import Action
from oncall.paging.outgoing.codes import ALPHABET, free_code
from oncall.paging.outgoing.new_attempts import ActionContext, new_attempt
from oncall.paging.ports.schedule_store import Schedules
from oncall.paging.ports.store import BundleStore, TicketStore
from oncall.suggestions import suggestion
from oncall.support.policy import ChannelName

CUSTOMER = "oncall drill"

_ARRIVED = (AttemptStatus.ACCEPTED, AttemptStatus.SENT, AttemptStatus.DELIVERED)


class DrillStarted(TypedDict):
    """The answer to the start of a drill, as JSON."""

    ticket: Annotated[str, "Id of the drill's ticket; watch it, and resolve it at the end."]
    to: Annotated[str, "Id of the person who is paged."]
    code: Annotated[str, "The code that they send back."]
    channel: Annotated[str, "`twilio`, or `outbox`, which prints the page and sends nothing."]


@dataclass(frozen=True, slots=True)
class DrillProgress:
    """How far a drill is. error: why its page was not sent or not delivered; None if there is no error."""

    status: AttemptStatus
    is_over: bool
    answered_by: str | None
    error: str | None

    @property
    def is_accepted(self) -> bool:
        """Return True if the provider has accepted the page."""
        return self.status in _ARRIVED or (self.is_over and self.answered_by is not None)

    @property
    def is_delivered(self) -> bool:
        """Return True if a receipt reports delivery. Only an acknowledgement proves that a person read it."""
        return self.status is AttemptStatus.DELIVERED

    @property
    def has_failed(self) -> bool:
        """Return True if the page will not be delivered."""
        return self.status in (AttemptStatus.FAILED, AttemptStatus.UNDELIVERED)


def whom(tx: Schedules, wanted: str | None, now: datetime) -> str:
    """Return the id of the person who gets the drill: `wanted`, or the first person whom a page would reach at `now`.

    now: policy time, aware UTC. Raises Refused if there is no such person.
    """
    schedule = tx.schedule()
    if schedule.latest is None:
        raise Refused(
            "no schedule is published, so there is nobody to page; see `oncall publish`",
            on_page="no schedule is published, so no test page can be sent; ask your manager",
        )
    if wanted is not None and wanted not in schedule.people:
        hint = suggestion(clean(wanted), sorted(schedule.people))
        raise Refused(
            f"nobody on the published rosters has the id {quoted(wanted)}; {hint}",
            on_page="you are on no published roster any more, so no test page was sent; ask your manager",
        )
    person = wanted or first_responder(schedule, schedule.responders(now))
    if person is None:
        raise Refused(
            "nobody is on call and the roster has no manager; name a person with --to",
            on_page="nobody is on call and the roster has no manager, so no test page was sent",
        )
    return person


def new_drill_name() -> str:
    """Return a random id for the ticket of a drill."""
    return f"DRILL-{''.join(secrets.choice(ALPHABET) for _ in range(6))}"


def is_drill_name(text: str) -> bool:
    """Return True if the text has the form of an id from `new_drill_name`."""
    prefix, dash, rest = text.partition("-")
    return (prefix, dash, len(rest)) == ("DRILL", "-", 6) and set(rest) <= set(ALPHABET)


def start_drill(
    tx: TicketStore, *, to: str, ends_at: datetime, context: ActionContext, name: str | None = None
) -> tuple[StoredTicket, Attempt]:
    """Store a drill's ticket and its queued page. Returns both.

    ends_at: policy time after which the pager does not send the page any more. name: the ticket's id, from
    `new_drill_name`; no other ticket may have it.
    """
    name = name or new_drill_name()
    code = free_code(tx)
    ticket = Ticket(name, CUSTOMER, DRILL, DRILL, f"test page for {to}")
    why = f"a test page for {to}; it never escalates"
    verdict: VerdictView = {"action": "page", "reasons": [why], "engineer": to, "first_reply_due": None}
    answer: TicketAnswer = {"ticket": name, "verdict": verdict, "page": {"code": code}}
    body = f"{name}: a test of the pager. Nothing is wrong. Please reply at once. Reply ACK {code}"
    # A drill never waits in the send queue, and has no SLA clock by which a bundle could order it.
    page = new_attempt(
        name, to=to, channel=ChannelName.SMS, purpose=Purpose.PAGE, body=body, context=context, is_immediate=True
    )
    page = replace(page, round=0, step=0, deadline=ends_at, why=why)
    terms = TermsVersions(tx.schedule().policy_version_at(context.now))
    received = Received(name, context.now, context.by, "drill", plan=DRILL, impact=DRILL, terms=terms)
    fired = StepFired(
        name,
        context.now,
        PAGER,
        why,
        round=0,
        step=0,
        notify=DRILL,
        channel="sms",
        following=None,
        to=to,
        attempt=page.id,
    )
    stored = StoredTicket(ticket, answer, code, context.now, TicketStatus.OPEN, DRILL, Action.PAGE.value)
    tx.add_ticket(stored)
    tx.append([received, fired])
    tx.add_attempts([page])
    return stored, page


def progress(tx: BundleStore, ticket_id: str) -> DrillProgress:
    """Return how far a drill is. ticket_id: the id of its ticket."""
    stored, page = tx.ticket(ticket_id), tx.attempts(ticket_id)[0]
    assert stored is not None
    ending = next((event for event in tx.events(ticket_id) if isinstance(event, Resolved)), None)
    by = ending.by if ending is not None else None
    return DrillProgress(page.status, stored.status is TicketStatus.RESOLVED, by, page.error)
