"""Pydantic models of the request bodies: what `/openapi.json` says of them.

The core reads the bodies and names every field at fault in a sentence (`paging.actions`), for HTTP and the terminal
alike. The models take their limits from the core, and tests hold both against each other. Unknown fields are ignored
and listed in the answer's `warnings`, because a refused ticket pages nobody.
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
"""ISO 8601 with an offset."""


LONGEST_ENGINEER_ID = 60


class RequestBody(BaseModel):
    """A JSON body: unknown fields are ignored, and the docstrings describe the fields."""

    model_config = ConfigDict(extra="allow", use_attribute_docstrings=True)


class TriageBody(RequestBody):
    """Plain answers about what the customer cannot do. An unanswered question counts in the customer's favour."""

    down: bool | None = None
    """True if the product cannot be used at all."""
    workaround: Literal["none", "inconvenient", "convenient"] | None = None
    users: Annotated[int, Field(ge=0)] | Literal["many", "few"] | None = None
    """How many users are affected."""
    question: bool | None = None
    """True for a question or a wish."""


Unusable = Any  # A value of any other type is accepted: it is left out, and a warning names it.


class TicketBody(RequestBody):
    """A ticket, as an intake system posts it.

    A ticket needs an `id`, a plan (its own or its customer's), and an `impact` or a `triage`. Any other value that is
    not of the first type given here is left out or cut, with a sentence in the answer's `warnings`.
    """

    id: TicketId | int
    """The sender's id of the ticket. The same id with the same content is the same ticket."""
    customer: Annotated[str, Field(min_length=1, max_length=LENGTHS["customer"])] | Unusable = None
    plan: str | Unusable = Field(None, examples=["standard", "business-critical"])
    """A plan of the policy, in any letter case. Optional for a customer on the policy's list."""
    impact: str | Unusable = Field(None, examples=["urgent", "high", "normal", "low"])
    """An impact of the policy or one of its aliases, in any letter case. Optional beside `triage`."""
    subject: Annotated[str, Field(min_length=1, max_length=LENGTHS["subject"])] | Unusable = None
    url: Annotated[str, Field(max_length=LENGTHS["url"])] | Unusable = None
    """Where people read the ticket."""
    opened_at: Time | Unusable = None
    """When the customer opened it."""
    contact: Annotated[str, Field(max_length=LENGTHS["contact"])] | Unusable = None
    triage: TriageBody | Unusable = None
    """Answers from which the impact is proposed when `impact` is absent."""


class EventBody(RequestBody):
    """What happened to a ticket."""

    kind: Literal[FROM_PEOPLE]  # type: ignore[valid-type]  # the kinds are the core's, listed once
    by: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)] | None = None
    """Who did it: an engineer's id, or a name; never a phone number. The token's name when absent."""
    at: Time | None = None
    """When it happened; now when absent."""
    id: Annotated[str, Field(pattern=f"^{EVENT_ID.pattern}$")] | None = None
    """The sender's own id of the event. The same id again changes nothing."""
    why: Annotated[str, Field(max_length=LONGEST_WHY)] | None = None
    """A note for the log."""
    impact: str | None = None
    """The new impact; for `impact_changed` only, and required there."""
    into: str | None = None
    """Id of the ticket to merge into; for `merged` only, and required there."""
    needs_reply: bool | None = None
    """False for a customer's message that asks for nothing; for `customer_replied` only."""
    take_over: bool | None = None
    """True to take the ticket even if another engineer has it; for `acknowledged` only."""
    to: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)] | None = None
    """Id of the person to whom the ticket is passed; the escalation's next person when absent. For `passed` only."""
    message: Annotated[str, Field(min_length=1, max_length=LONGEST_MESSAGE_TEXT)] | None = None
    """The words to or from the customer, shown on the customer's page; for `replied`, `updated`, `customer_replied`."""
    mailed: bool | None = None
    """True if the customer got the words by mail already, so that no mail is sent; for `replied` and `updated`."""


class ExplainBody(RequestBody):
    """A ticket that nobody has posted."""

    plan: str = Field(examples=["standard"])
    impact: str = Field(examples=["high"])
    at: Time | None = None
    """When the ticket would come in; now when absent."""


class LabelsBody(RequestBody):
    """The labels of an alert that no sender has posted."""

    labels: dict[str, Any] = Field(examples=[{"severity": "critical", "customer": "Acme Ltd"}])
    """Values by name, as a sender gives them."""
    at: Time | None = None
    """When the ticket would come in; now when absent."""


class HeartbeatBody(RequestBody):
    """A job that calls regularly."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    name: Annotated[str, Field(pattern=f"^{HEARTBEAT_NAME.pattern}$", examples=["nightly-backup"])]
    every: str = Field(examples=["10m"])
    """The time between two calls, like 10m, 2h or 1d; at least a minute."""
    grace: str = Field("5m", examples=["5m"])
    """How late a call may be."""
    customer: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    """The customer of the ticket that its silence opens; as the routing table says when absent."""
    plan: str | None = None
    impact: str | None = None
    """The impact of that ticket; as the routing table says when absent."""


class DrillBody(RequestBody):
    """A marked test page."""

    to: Annotated[str, Field(min_length=1, max_length=LONGEST_ENGINEER_ID)] | None = None
    """An engineer's id; the person whom a page would reach first when absent."""
    wait: Annotated[int, Field(ge=1, le=LONGEST_DRILL)] = 120
    """Seconds after which the page is no longer sent."""


class CalendarBody(RequestBody):
    """The engineer or the team whose calendar links to make or revoke."""

    engineer: Annotated[str, Field(min_length=1, max_length=LONGEST_ENGINEER_ID)] | None = None
    """An engineer's id. Optional for an engineer's token, which means its own engineer."""
    team: bool = False
    """True for the feed of the whole team."""


class NoteBody(RequestBody):
    """A note for the people of the next shift."""

    text: Annotated[str, Field(min_length=1, max_length=LONGEST_NOTE)]
    """The text of the note, on one line."""
    by: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)] | None = None
    """The author: an engineer's id, or a name; never a phone number. The token's name when absent."""


class RemindersBody(RequestBody):
    """What an engineer chooses about reminders and courtesy notices. A field that is absent stays as it is."""

    engineer: Annotated[str, Field(min_length=1, max_length=LONGEST_ENGINEER_ID)] | None = None
    """The engineer's id; the token's own engineer when absent."""
    reminders: Literal["policy"] | Annotated[list[Literal["week", "day", "hour"]], Field(max_length=3)] | None = None
    """How long before a shift; an empty list: never; `policy`: as the policy says."""
    quiet: bool | None = None
    """True to get no courtesy notices. Pages always come."""


class StatusBody(RequestBody):
    """An action on the status page. Each action has fields of its own; docs/status-page.md lists them."""

    action: Literal[STATUS_ACTIONS]  # type: ignore[valid-type]  # the actions are the core's, listed once
    title: Annotated[str, Field(max_length=LONGEST_TITLE)] | None = None
    """The title of an incident or a maintenance."""
    components: dict[str, str] | list[str] | None = None
    """States by component id for an incident; ids for a maintenance."""
    message: Annotated[str, Field(max_length=LONGEST_MESSAGE)] | None = None
    """The text that customers read on the page."""
    at: Time | None = None
    """When it holds from; now when absent."""
    ticket: str | None = None
    """Id of the ticket from which an incident is opened."""
    template: str | None = None
    """The template of the status file that gives an incident the title and message it lacks."""
    incident: str | None = None
    """Id of the incident to update or correct."""
    proposal: str | None = None
    """Id of the proposed incident to publish or dismiss."""
    state: Literal[INCIDENT_STATES] | None = None  # type: ignore[valid-type]  # the states are the core's
    started_at: Time | None = None
    """When an incident really began; for a correction."""
    reason: Annotated[str, Field(max_length=LONGEST_REASON)] | None = None
    """How the correction is known, or why a proposed incident was none."""
    maintenance: str | None = None
    """Id of the maintenance to reschedule or cancel."""
    start: Time | None = None
    end: Time | None = None
    announced_at: Time | None = None
    """When a maintenance was announced; now when absent."""


class InboundSmsForm(BaseModel):
    """An inbound SMS, as Twilio posts it. Twilio adds further fields."""

    MessageSid: str
    From: str
    To: str
    Body: str


class MessageStatusForm(BaseModel):
    """A status report on one of our messages, as Twilio posts it."""

    MessageSid: str
    MessageStatus: str


class PressedKeyForm(BaseModel):
    """A key that was pressed in one of our calls, as Twilio posts it."""

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
        "value": {"action": "open", "title": "Portal down", "components": {"portal": "major_outage"}},
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
