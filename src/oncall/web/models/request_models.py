"""Pydantic models of the request bodies, for `/openapi.json`.

The bodies are read by `paging.actions`, for HTTP and for the command line, and a sentence names each field at fault.
The models take their limits from there, and tests compare the two. Unknown fields are ignored and listed in the
answer's `warnings`, because a refused ticket pages nobody.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Body
from fastapi.openapi.models import Example
from pydantic import BaseModel, ConfigDict, Field

from oncall.intake.heartbeats import NAME as HEARTBEAT_NAME
from oncall.paging.actions.action_checks import EVENT_ID, LONGEST_NAME, LONGEST_WHY
from oncall.paging.actions.action_checks import LONGEST_MESSAGE as LONGEST_MESSAGE_TEXT
from oncall.paging.actions.handoff_notes import LONGEST_NOTE
from oncall.paging.actions.posted_status import ACTIONS
from oncall.paging.actions.posted_ticket import ID_PATTERN, LENGTHS
from oncall.paging.actions.ticket_action import FROM_PEOPLE
from oncall.paging.domain.ticket import LONGEST_DRILL
from oncall.status.component_states import IncidentState
from oncall.status.status_texts import LONGEST_REASON
from oncall.support.status_file import LONGEST_MESSAGE, LONGEST_TITLE
from oncall.web.edge.request_bodies import Posted

STATUS_ACTIONS = tuple(ACTIONS)
INCIDENT_STATES = tuple(state.value for state in IncidentState)

TicketId = Annotated[str, Field(pattern=f"^{ID_PATTERN.pattern}$")]
Time = Annotated[datetime, Field(examples=["2027-01-09T03:12:00-05:00"])]
"""A time in ISO 8601 with an offset."""


LONGEST_ENGINEER_ID = 60


class RequestBody(BaseModel):
    """A JSON body. Unknown fields are ignored. The field docstrings become the descriptions in `/openapi.json`."""

    model_config = ConfigDict(extra="allow", use_attribute_docstrings=True)


class TriageBody(RequestBody):
    """Simple answers about what the customer cannot do.

    An unanswered question is decided in the customer's favour.
    """

    down: bool | None = None
    """True if the customer cannot use the product at all."""
    workaround: Literal["none", "inconvenient", "convenient"] | None = None
    users: Annotated[int, Field(ge=0)] | Literal["many", "few"] | None = None
    """How many users are affected."""
    question: bool | None = None
    """True if the customer only asks a question or wishes for something."""


Unusable = Any  # A value of any other type is accepted: it is left out, and a warning names it.


class TicketBody(RequestBody):
    """A ticket, as an intake system posts it.

    It needs an `id`, a plan (its own or its customer's), and an `impact` or a `triage`. Any other value that cannot be
    used is left out or cut, and `warnings` in the answer says so.
    """

    id: TicketId | int
    """The sender's id of the ticket. A second post with the same id and content changes nothing."""
    customer: Annotated[str, Field(min_length=1, max_length=LENGTHS["customer"])] | Unusable = None
    plan: str | Unusable = Field(None, examples=["standard", "business-critical"])
    """A plan of the policy, in any letter case. Optional if the policy lists the customer."""
    impact: str | Unusable = Field(None, examples=["urgent", "high", "normal", "low"])
    """An impact of the policy or one of its aliases, in any letter case. Optional if there is a `triage`."""
    subject: Annotated[str, Field(min_length=1, max_length=LENGTHS["subject"])] | Unusable = None
    url: Annotated[str, Field(max_length=LENGTHS["url"])] | Unusable = None
    """The address at which people read the ticket."""
    opened_at: Time | Unusable = None
    """When the customer opened the ticket."""
    contact: Annotated[str, Field(max_length=LENGTHS["contact"])] | Unusable = None
    triage: TriageBody | Unusable = None
    """Simple answers about the problem. If `impact` is absent, the impact is proposed from them."""


class EventBody(RequestBody):
    """Something that happened to a ticket."""

    kind: Literal[FROM_PEOPLE]  # type: ignore[valid-type]  # the kinds are the core's, listed once
    by: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)] | None = None
    """Who did it: an engineer's id, or a name; never a phone number. Default: the token's name."""
    at: Time | None = None
    """When the event happened. Default: now."""
    id: Annotated[str, Field(pattern=f"^{EVENT_ID.pattern}$")] | None = None
    """The sender's own id of the event. If an event with this id is posted again, nothing changes."""
    why: Annotated[str, Field(max_length=LONGEST_WHY)] | None = None
    """A note for the log."""
    impact: str | None = None
    """The new impact; for `impact_changed` only, and required there."""
    into: str | None = None
    """The id of the ticket to merge into; for `merged` only, and required there."""
    needs_reply: bool | None = None
    """False for a customer's message that asks for nothing; for `customer_replied` only."""
    take_over: bool | None = None
    """True to take the ticket even if another engineer has it; for `acknowledged` only."""
    to: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)] | None = None
    """The id of the person to pass the ticket to. Default: the next person of the escalation. For `passed` only."""
    message: Annotated[str, Field(min_length=1, max_length=LONGEST_MESSAGE_TEXT)] | None = None
    """The text to or from the customer, shown to the customer; for `replied`, `updated`, `customer_replied`."""
    mailed: bool | None = None
    """True if the customer already got the text by mail, so that no mail is sent; for `replied` and `updated`."""


class ExplainBody(RequestBody):
    """An imagined ticket, which is not posted."""

    plan: str = Field(examples=["standard"])
    impact: str = Field(examples=["high"])
    at: Time | None = None
    """When the ticket would come in. Default: now."""


class LabelsBody(RequestBody):
    """The labels of an imagined alert, which no sender has posted."""

    labels: dict[str, Any] = Field(examples=[{"severity": "critical", "customer": "Acme Ltd"}])
    """The value of each label by its name, as a sender posts them."""
    at: Time | None = None
    """When the alert would come in. Default: now."""


class HeartbeatBody(RequestBody):
    """A job that must call regularly."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    name: Annotated[str, Field(pattern=f"^{HEARTBEAT_NAME.pattern}$", examples=["nightly-backup"])]
    every: str = Field(examples=["10m"])
    """The time between two calls, like 10m, 2h or 1d; at least a minute."""
    grace: str = Field("5m", examples=["5m"])
    """How late a call may be."""
    customer: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    """The customer of the ticket that opens if the job does not call. Default: as the routing table says."""
    plan: str | None = None
    impact: str | None = None
    """The impact of that ticket. Default: as the routing table says."""


class DrillBody(RequestBody):
    """A test page, marked as a test."""

    to: Annotated[str, Field(min_length=1, max_length=LONGEST_ENGINEER_ID)] | None = None
    """An engineer's id. Default: the person whom a page would reach first."""
    wait: Annotated[int, Field(ge=1, le=LONGEST_DRILL)] = 120
    """After so many seconds the page is not sent any more."""


class CalendarBody(RequestBody):
    """Whose calendar links to make or to revoke: an engineer's or the team's."""

    engineer: Annotated[str, Field(min_length=1, max_length=LONGEST_ENGINEER_ID)] | None = None
    """An engineer's id. Optional with an engineer's token, which stands for that engineer."""
    team: bool = False
    """True for the calendar of the whole team."""


class NoteBody(RequestBody):
    """A note for the engineers of the next shift."""

    text: Annotated[str, Field(min_length=1, max_length=LONGEST_NOTE)]
    """The text of the note, on one line."""
    by: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)] | None = None
    """The author: an engineer's id, or a name; never a phone number. Default: the token's name."""


class RemindersBody(RequestBody):
    """An engineer's choice of reminders and courtesy notices. An absent field stays unchanged."""

    engineer: Annotated[str, Field(min_length=1, max_length=LONGEST_ENGINEER_ID)] | None = None
    """The engineer's id. Default: the engineer of the token."""
    reminders: Literal["policy"] | Annotated[list[Literal["week", "day", "hour"]], Field(max_length=3)] | None = None
    """How long before a shift reminders come. An empty list: no reminders. `policy`: as the policy says."""
    quiet: bool | None = None
    """True to get no courtesy notices. Pages always come."""


class StatusBody(RequestBody):
    """An action on the status page. Which fields it takes depends on the action; docs/status-page.md lists them."""

    action: Literal[STATUS_ACTIONS]  # type: ignore[valid-type]  # the actions are the core's, listed once
    id: Annotated[str, Field(pattern=f"^{EVENT_ID.pattern}$")] | None = None
    """An id of yours that makes the request safe to send twice. Another body with the same id is refused with 409."""
    title: Annotated[str, Field(max_length=LONGEST_TITLE)] | None = None
    """The title of an incident or a maintenance."""
    components: dict[str, str] | list[str] | None = None
    """For an incident, the state of each component by its id; for a maintenance, a list of ids."""
    message: Annotated[str, Field(max_length=LONGEST_MESSAGE)] | None = None
    """The text that customers read on the status page."""
    at: Time | None = None
    """When the action takes effect. Default: now."""
    ticket: str | None = None
    """The id of the ticket from which an incident is opened."""
    template: str | None = None
    """A template of the status file; it gives an incident the title and the message that the request does not have."""
    incident: str | None = None
    """The id of the incident to update or to correct."""
    proposal: str | None = None
    """The id of the proposed incident to publish or to dismiss."""
    state: Literal[INCIDENT_STATES] | None = None  # type: ignore[valid-type]  # the states are the core's
    started_at: Time | None = None
    """When the incident really began; for a correction."""
    reason: Annotated[str, Field(max_length=LONGEST_REASON)] | None = None
    """How you know that the correction is right, or why a proposed incident was not an incident."""
    maintenance: str | None = None
    """The id of the maintenance to reschedule or to cancel."""
    start: Time | None = None
    end: Time | None = None
    announced_at: Time | None = None
    """When the maintenance was announced. Default: now."""


class InboundSmsForm(BaseModel):
    """An SMS that a person sent, as Twilio posts it. Twilio adds further fields."""

    MessageSid: str
    From: str
    To: str
    Body: str


class MessageStatusForm(BaseModel):
    """A status report on one of our messages, as Twilio posts it."""

    MessageSid: str
    MessageStatus: str


class PressedKeyForm(BaseModel):
    """A key that a person pressed during one of our calls, as Twilio posts it."""

    CallSid: str
    To: str
    Digits: str


_MESSAGE = "SM0123456789abcdef0123456789abcdef"
SMS_EXAMPLE = {"MessageSid": _MESSAGE, "From": "+13055550101", "To": "+13055550100", "Body": "ACK K7M"}
STATUS_REPORT_EXAMPLE = {"MessageSid": _MESSAGE, "MessageStatus": "delivered"}
KEY_EXAMPLE = {"CallSid": "CA0123456789abcdef0123456789abcdef", "To": "+13055550101", "Digits": "1"}
TICKET_EXAMPLES: dict[str, Example] = {
    "urgent": {
        "summary": "An urgent ticket",
        "value": {
            "id": "T-1001",
            "customer": "Acme Ltd",
            "plan": "standard",
            "impact": "urgent",
            "subject": "Nobody can start a session",
            "url": "https://helpdesk.example.com/T-1001",
        },
    },
    "triaged": {
        "summary": "A ticket whose impact is proposed from plain answers",
        "value": {
            "id": "T-1002",
            "customer": "Acme Ltd",
            "plan": "business-critical",
            "subject": "Printing fails for some users",
            "triage": {"down": False, "workaround": "inconvenient", "users": 12},
        },
    },
}
EVENT_EXAMPLES: dict[str, Example] = {
    "acknowledged": {"summary": "An engineer takes the ticket", "value": {"kind": "acknowledged", "by": "ana"}},
    "replied": {
        "summary": "The customer got a reply",
        "value": {"kind": "replied", "by": "ana", "at": "2027-01-09T03:10:00-05:00", "id": "zendesk-771"},
    },
    "impact_changed": {
        "summary": "The impact changed",
        "value": {"kind": "impact_changed", "impact": "high", "why": "more users are affected"},
    },
}
EXPLAIN_EXAMPLES: dict[str, Example] = {
    "night": {
        "summary": "A Saturday night",
        "value": {"plan": "standard", "impact": "high", "at": "2027-01-09T03:12:00-05:00"},
    }
}
TRIAGE_EXAMPLES: dict[str, Example] = {
    "many": {"summary": "Many users, no workaround", "value": {"down": False, "workaround": "none", "users": "many"}}
}
HEARTBEAT_EXAMPLES: dict[str, Example] = {
    "backup": {"summary": "A nightly backup", "value": {"name": "nightly-backup", "every": "1d", "grace": "1h"}}
}
LABELS_EXAMPLES: dict[str, Example] = {
    "critical": {"summary": "A critical alert", "value": {"labels": {"severity": "critical", "customer": "Acme Ltd"}}}
}
DRILL_EXAMPLES: dict[str, Example] = {"ana": {"summary": "Page ana", "value": {"to": "ana", "wait": 120}}}

NOTE_EXAMPLES: dict[str, Example] = {
    "note": {"summary": "A note for tonight", "value": {"text": "Acme tests its failover at 22:00; ignore T-1001"}}
}
REMINDER_EXAMPLES: dict[str, Example] = {
    "evening": {
        "summary": "A day and an hour before",
        "value": {"engineer": "ana", "reminders": ["day", "hour"], "quiet": True},
    }
}
CALENDAR_EXAMPLES: dict[str, Example] = {"ana": {"summary": "The shifts of ana", "value": {"engineer": "ana"}}}

STATUS_EXAMPLES: dict[str, Example] = {
    "open": {
        "summary": "The portal is down",
        "value": {
            "action": "open",
            "id": "deploy-771",
            "title": "Portal down",
            "components": {"portal": "major_outage"},
        },
    }
}

PostedTicket = Annotated[Posted[TicketBody], Body(openapi_examples=TICKET_EXAMPLES)]
PostedEvent = Annotated[Posted[EventBody], Body(openapi_examples=EVENT_EXAMPLES)]
PostedStatus = Annotated[Posted[StatusBody], Body(openapi_examples=STATUS_EXAMPLES)]
PostedQuestion = Annotated[Posted[ExplainBody], Body(openapi_examples=EXPLAIN_EXAMPLES)]
PostedTriage = Annotated[Posted[TriageBody], Body(openapi_examples=TRIAGE_EXAMPLES)]
PostedDrill = Annotated[Posted[DrillBody], Body(openapi_examples=DRILL_EXAMPLES)]
PostedCalendar = Annotated[Posted[CalendarBody], Body(openapi_examples=CALENDAR_EXAMPLES)]
PostedNote = Annotated[Posted[NoteBody], Body(openapi_examples=NOTE_EXAMPLES)]
PostedReminders = Annotated[Posted[RemindersBody], Body(openapi_examples=REMINDER_EXAMPLES)]
PostedLabels = Annotated[Posted[LabelsBody], Body(openapi_examples=LABELS_EXAMPLES)]
PostedHeartbeat = Annotated[Posted[HeartbeatBody], Body(openapi_examples=HEARTBEAT_EXAMPLES)]
