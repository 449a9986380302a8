"""The JSON that the server takes and answers, as types. A test compares them with the server's `/openapi.json`."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

State = Literal["open", "acknowledged", "resolved"]
EventKind = Literal[
    "acknowledged",
    "replied",
    "customer_replied",
    "updated",
    "resolved",
    "reopened",
    "impact_changed",
    "passed",
    "waiting",
    "merged",
]


class NewTicket(TypedDict):
    """A ticket to post. `opened_at`: ISO 8601 with an offset."""

    id: str
    customer: NotRequired[str]
    plan: NotRequired[str]
    impact: NotRequired[str]
    subject: NotRequired[str]
    url: NotRequired[str | None]
    opened_at: NotRequired[str | None]
    contact: NotRequired[str | None]
    triage: NotRequired[dict[str, Any] | None]


class Verdict(TypedDict):
    """The decision about a ticket (page, desk or hold), and the reasons."""

    action: Literal["page", "desk", "hold"]
    reasons: list[str]
    engineer: NotRequired[str]
    hold_until: NotRequired[str]
    first_reply_due: str | None


class Page(TypedDict):
    """The page of a ticket. code: the short code in its messages."""

    code: str


class TicketAnswer(TypedDict):
    """The JSON response to a posted ticket: its id and its verdict, and its code if a page goes out."""

    ticket: str
    verdict: Verdict
    page: NotRequired[Page]
    warnings: NotRequired[list[str]]


class PostedTicket(TypedDict):
    """The fields with which a ticket was posted."""

    id: str
    customer: str
    plan: str
    impact: str
    subject: str
    url: str | None
    opened_at: str | None
    contact: str | None


class Clock(TypedDict):
    """An SLA clock of a ticket."""

    metric: Literal["first_reply", "next_reply", "periodic_update"]
    state: Literal["ahead", "running", "paused", "met", "breached", "stopped", "merged"]
    is_owed: bool
    started_at: str
    due_at: str | None
    warn_at: str | None
    met_at: str | None
    breached_at: str | None
    seconds_left: int | None


class Ticket(TypedDict):
    """A ticket, as a list of tickets shows it."""

    id: str
    ticket: PostedTicket
    timezone: str
    state: State
    action: Literal["page", "desk", "hold"]
    code: str
    owner: str | None
    merged_into: str | None
    received_at: str
    hold_until: str | None
    first_reply_due: str | None
    next_step_at: str | None
    waiting: bool
    clocks: list[Clock]
    verdict: Verdict


class Mail(TypedDict):
    """The state of the mail that sends a reply to the customer."""

    state: Literal["waiting", "sent", "quarantined"]
    id: str
    written_at: str
    sends: int
    sent_at: NotRequired[str]
    error: NotRequired[str]


class Event(TypedDict):
    """One event of a ticket's log."""

    at: str
    kind: str
    by: str
    why: str
    id: NotRequired[str]
    details: NotRequired[dict[str, Any]]
    mail: NotRequired[Mail]


class Attempt(TypedDict):
    """One message about a ticket to one person, by one channel."""

    id: str
    at: str
    to: str
    channel: str
    purpose: Literal["page", "notice"]
    status: str
    provider_id: str | None
    text: str
    bundle: str | None
    step: int | None
    round: int | None
    tries: int
    error: str | None
    error_code: int | None


class WholeTicket(Ticket):
    """A ticket with its whole log and all messages about it."""

    judged_at: str
    first_verdict: Verdict
    events: list[Event]
    attempts: list[Attempt]
    notes: list[str]


class EventReceipt(TypedDict):
    """The JSON response to a recorded event. A token that may read also gets the other fields of the ticket."""

    id: str
    state: State
    changed: bool
    message: str
    warnings: NotRequired[list[str]]


class Duty(TypedDict):
    """The engineer on call in one role, and until when."""

    engineer: str
    until: str
    name: NotRequired[str]
    timezone: NotRequired[str]
    until_local: NotRequired[str]
    override: NotRequired[str]


class Named(TypedDict):
    """An engineer whom a step of the escalation names."""

    engineer: str
    name: NotRequired[str]


class OnCall(TypedDict):
    """Who is on call at an instant."""

    at: str
    window: str
    window_ends: str
    timezone: str
    roles: dict[str, Duty]
    missing: list[str]
    manager: str | None
    schedule_begins: str | None
    after_desk: NotRequired[dict[str, Named]]


class Assignment(TypedDict):
    """A time span in which one engineer has one role."""

    start: str
    end: str
    kind: str
    role: str
    engineer: str
    override: NotRequired[str]
    start_local: str
    end_local: str
    timezone: str
    policy_timezone: str


class Gap(TypedDict):
    """A time span in which a role has no engineer."""

    start: str
    end: str
    kind: str
    role: str


# The name `from` is a word of Python.
Schedule = TypedDict(
    "Schedule",
    {
        "from": str,
        "to": str,
        "team": str,
        "timezone": str,
        "schedule_ends": str | None,
        "shifts": list[Assignment],
        "gaps": list[Gap],
    },
)


class Step(TypedDict):
    """One step of the escalation: who would be notified, when, and by which channel."""

    at: str
    notify: str
    engineer: str | None
    channel: str


class Explanation(Verdict):
    """The verdict on an imagined ticket, with the steps of the escalation that would follow."""

    plan: str
    impact: str
    at: str
    timezone: str
    window: str
    rules: list[str]
    steps: list[Step]
    repeats_after_seconds: int
    warnings: NotRequired[list[str]]


class TicketPage(TypedDict):
    """One part of a list of tickets.

    next: the value of `after` that continues the list; None: this is the last part.
    """

    tickets: list[Ticket]
    next: str | None
