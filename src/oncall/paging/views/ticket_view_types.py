"""The types of the JSON objects that the API and `--json` return for tickets."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired, TypedDict

from oncall.paging.domain.ticket_answer import VerdictView
from oncall.support.json_types import IsoTime, Keyword

PersonId = Annotated[str, "An engineer's id, a token's name, or `oncall` for the pager itself."]


class PostedTicketView(TypedDict):
    """A ticket as it was posted, after cleaning, except that `impact` is the present one."""

    id: str
    customer: str
    plan: Annotated[str, "Name of a plan of the policy."]
    impact: Annotated[str, "Name of an impact of the policy."]
    subject: str
    url: str | None
    opened_at: Annotated[IsoTime | None, "When the customer opened it, if the intake said so."]
    contact: str | None


class ClockView(TypedDict):
    """One SLA clock of a ticket."""

    metric: Literal["first_reply", "next_reply", "periodic_update"]
    state: Annotated[
        Literal["ahead", "running", "paused", "met", "breached", "stopped", "merged"],
        "ahead: its coverage has not begun. merged: it continues on another ticket.",
    ]
    is_owed: Annotated[bool, "True while this reply or update is still due to the customer."]
    started_at: IsoTime
    due_at: Annotated[IsoTime | None, "Null while the clock is paused."]
    warn_at: Annotated[IsoTime | None, "When the owner is warned that the target is nearly used up."]
    met_at: IsoTime | None
    breached_at: IsoTime | None
    seconds_left: Annotated[int | None, "Negative once the target is breached; null when the clock does not run."]


class TicketView(TypedDict):
    """One ticket as lists show it."""

    id: str
    ticket: PostedTicketView
    timezone: Annotated[str, "The policy's zone, in which the times are."]
    state: Literal["open", "acknowledged", "resolved"]
    action: Annotated[str, Keyword("enum", ("page", "desk", "hold")), "The present verdict's action."]
    code: Annotated[str, "The code of the ticket's pages."]
    owner: Annotated[str | None, "The person who acknowledged it."]
    merged_into: Annotated[str | None, "Id of the ticket that a duplicate was merged into."]
    received_at: IsoTime
    hold_until: Annotated[IsoTime | None, "When a held ticket is judged again."]
    first_reply_due: IsoTime | None
    next_step_at: Annotated[IsoTime | None, "When the escalation's next step is due."]
    waiting: Annotated[bool, "True while the support team waits for the customer."]
    clocks: Annotated[list[ClockView], "The clock that ends first is first."]
    verdict: Annotated[VerdictView, "The current verdict."]


class TicketListView(TypedDict):
    """A part of a list of tickets, the newest first."""

    tickets: list[TicketView]
    next: Annotated[str | None, "Pass it as `after` to get the next page; null on the last page."]


class MailView(TypedDict):
    """The mail that sends a reply to the customer."""

    state: Annotated[Literal["waiting", "sent", "quarantined"], "quarantined: not sent again unless a person asks."]
    id: Annotated[str, "The id that `oncall webhooks retry` takes."]
    written_at: IsoTime
    sends: Annotated[int, "How often it was sent."]
    sent_at: NotRequired[Annotated[IsoTime, "When the mail server accepted it."]]
    error: NotRequired[Annotated[str, "Why the last send failed."]]


class EventView(TypedDict):
    """One event of a ticket's log."""

    at: IsoTime
    kind: Annotated[str, "What happened: `received`, `judged`, `step_fired`, `acknowledged`, ..."]
    by: PersonId
    why: Annotated[str, "One sentence."]
    id: NotRequired[Annotated[str, "The sender's own id of this event."]]
    # What an event carries depends on its kind; the log keeps it as JSON.
    details: NotRequired[Annotated[dict[str, Any], "The further fields of this kind of event."]]
    mail: NotRequired[Annotated[MailView, "The mail that carries a reply; only in the answer for one whole ticket."]]


class AttemptView(TypedDict):
    """One message to one person by one channel."""

    id: str
    at: IsoTime
    to: Annotated[str, "The person's id, or `desk`; never a phone number."]
    channel: str
    purpose: Annotated[Literal["page", "notice"], "A page asks for an acknowledgement; a notice asks for nothing."]
    status: Literal[
        "queued", "sending", "retrying", "unknown", "accepted", "sent", "delivered", "undelivered", "failed"
    ]
    provider_id: Annotated[str | None, "The provider's id of the message."]
    text: str
    bundle: Annotated[str | None, "Id of the attempt that leads the message in which several pages went together."]
    step: Annotated[int | None, "Number of the escalation step, from 0; null for a notice."]
    round: Annotated[int | None, "Number of the escalation's round, from 0; null for a notice."]
    tries: Annotated[int, "How often the attempt was handed to the provider."]
    error: str | None
    error_code: Annotated[int | None, "The provider's own error code."]


class WholeTicketView(TicketView):
    """One ticket with its log and every message about it."""

    judged_at: Annotated[IsoTime, "When the current verdict was given."]
    first_verdict: Annotated[VerdictView, "The verdict at receipt."]
    events: Annotated[list[EventView], "In the order of the log."]
    attempts: Annotated[list[AttemptView], "Oldest first."]
    notes: Annotated[list[str], "Notes for the reader, a sentence each."]


class Warnings(TypedDict, total=False):
    """The warnings of an answer: fields of the request that were ignored. Empty if there are none."""

    warnings: Annotated[list[str], "Fields that were ignored, a sentence each; absent when all were read."]


class ActionOutcome(Warnings):
    """What an action changed."""

    changed: Annotated[bool, "False for a repeat, and when there was nothing to do."]
    message: Annotated[str, "What happened, a sentence for the person who acted."]


class ActionView(TicketView, ActionOutcome):
    """The ticket after an action, and what the action changed."""


class EventReceipt(ActionOutcome):
    """What an event changed, for a program that may not read the ticket."""

    id: Annotated[str, "The ticket's id."]
    state: Literal["open", "acknowledged", "resolved"]


class Note(TypedDict, total=False):
    """A note for the person who acted in the terminal. Empty if there is none."""

    note: str


class NotedActionView(ActionView, Note):
    """The ticket after an action in the terminal."""


class StepView(TypedDict):
    """One step of the escalation, if nobody acknowledges before it."""

    at: IsoTime
    notify: Annotated[str, "The role that is paged, `manager` or `desk`."]
    engineer: Annotated[str | None, "The person's id; null for the support desk."]
    channel: str


class ExplainView(VerdictView):
    """The verdict on a ticket of this plan and impact, and the first round of its escalation."""

    plan: str
    impact: str
    at: Annotated[IsoTime, "When the ticket would come in."]
    timezone: Annotated[str, "The policy's zone, in which the times are."]
    window: Annotated[str, "`business`, `holiday`, or the name of an on-call window in the policy, like `weeknight`."]
    rules: Annotated[list[str], "The lines of the policy file that decided."]
    steps: list[StepView]
    repeats_after_seconds: Annotated[int, "The seconds after which the round starts again."]


class ExplainAnswer(ExplainView, Warnings):
    """The answer of `POST /v1/explain`."""


class TriageView(TypedDict):
    """The impact that follows from the answers to the triage questions."""

    impact: str
    reasons: list[str]
    rule: Annotated[str, "The line of the policy file that defines the impact; empty for a policy without a file."]


class TriageAnswer(TriageView, Warnings):
    """The answer of `POST /v1/triage`."""
