"""The JSON objects of the SLA report and the business review. Lengths of time are in seconds, shares are 0 to 1."""

from __future__ import annotations

from typing import Annotated, TypedDict

from oncall.status.status_views import UptimeFigures
from oncall.support.json_types import IsoDate, IsoTime, Keyword

MetricName = Annotated[str, Keyword("enum", ("first_reply", "next_reply", "periodic_update"))]


class CountsView(TypedDict):
    """The number of SLA clocks by outcome. `count` is the sum of the other four."""

    count: int
    met: int
    breached: int
    stopped: Annotated[int, "Ended by the ticket's resolution before their target."]
    running: int
    attainment: Annotated[float | None, "Met clocks among met and breached ones; null when there are none."]


class PercentilesView(TypedDict):
    """Percentiles of how long replies took, in seconds."""

    p50: float
    p90: float
    p95: float


class ReportTargetView(TypedDict):
    """A target that was in force in the span of the report."""

    seconds: float
    counting: Annotated[str, Keyword("enum", ("calendar", "coverage"))]


class CellView(CountsView):
    """The targets of one plan, impact and metric, and how many clocks met them."""

    plan: str
    impact: str
    metric: MetricName
    targets: list[ReportTargetView]
    seconds: Annotated[PercentilesView | None, "Null when nothing was measured."]


class TimelineEventView(TypedDict):
    """One event of a breached ticket's log."""

    at: IsoTime
    kind: str
    by: str
    why: str


class BreachView(TypedDict):
    """A target that was used up without a reply or update."""

    ticket: Annotated[str, "The ticket's id."]
    customer: str
    subject: str
    plan: str
    impact: str
    metric: MetricName
    started_at: IsoTime
    breached_at: IsoTime
    met_at: Annotated[IsoTime | None, "When the late reply came; null while there is none."]
    late_seconds: float | None
    timeline: list[TimelineEventView]


class WithdrawnView(TypedDict):
    """A breach that was reported but did not happen, as an event that was recorded later shows."""

    ticket: Annotated[str, "The ticket's id."]
    customer: str
    subject: str
    metric: MetricName
    due_at: IsoTime
    withdrawn_at: IsoTime
    by: str
    why: str


_DaysView = TypedDict("_DaysView", {"from": IsoDate, "to": Annotated[IsoDate, "Inclusive."]})


class AnswersView(TypedDict):
    """How fast customers' messages that came in business hours were answered."""

    answered: int
    average_seconds: Annotated[float | None, "Counted in business hours; null without an answer."]
    promised_seconds: Annotated[float, "The average that the policy promises (`portal.answer_within`)."]
    waiting: Annotated[int, "Messages without an answer."]


class SlaReportView(_DaysView, CountsView):
    """How many SLA targets were met for the tickets received on some dates."""

    timezone: str
    as_of: Annotated[IsoTime, "The instant at which running clocks were read."]
    customer: Annotated[str | None, "Null for all customers."]
    plan: Annotated[str | None, "Null for all plans."]
    tickets: int
    answers: AnswersView
    cells: list[CellView]
    breaches: Annotated[list[BreachView], "In the order of the breach."]
    withdrawn: list[WithdrawnView]


WeekView = TypedDict(
    "WeekView",
    {
        "from": Annotated[IsoDate, "First day of the week inside the quarter."],
        "tickets": Annotated[dict[str, int], "By impact."],
    },
)
"""The tickets received in one week."""


class SlowTicketView(TypedDict):
    """A ticket whose reply or update used up the largest part of its target."""

    ticket: Annotated[str, "The ticket's id."]
    subject: str
    received_at: IsoTime
    impact: str
    metric: MetricName
    took_seconds: float
    share: Annotated[float, "How much of the target was used; 1 is all of it."]
    solved_seconds: float | None


class OnCallResponseView(TypedDict):
    """How soon engineers took the tickets for which they were paged."""

    paged: Annotated[int, "Tickets for which a person was paged."]
    answered: int
    escalated: Annotated[int, "Tickets for which more than one person was paged."]
    manager: Annotated[int, "Tickets for which the manager was paged."]
    taken_seconds: PercentilesView | None
    slowest_seconds: float | None


class QuarterView(_DaysView, CountsView):
    """One quarter of one customer: its tickets and its SLA clocks."""

    name: Annotated[str, "Like 2027Q1."]
    plans: list[str]
    tickets: int
    impacts: Annotated[dict[str, int], "Tickets by the impact they came with."]
    weeks: list[WeekView]
    resolved: int
    merged: int
    solved_seconds: PercentilesView | None
    cells: list[CellView]
    slowest: list[SlowTicketView]
    on_call: OnCallResponseView
    breaches: list[BreachView]


class ReviewView(TypedDict):
    """A quarterly business review: the quarter and the one before it."""

    customer: str
    timezone: str
    as_of: IsoTime
    is_over: Annotated[bool, "False while the quarter still runs."]
    quarter: QuarterView
    before: QuarterView
    uptime: Annotated[UptimeFigures | None, "Of the status page in the quarter; null without a status page."]
    uptime_parts: Annotated[list[UptimeFigures], "Of each group, and of each component that the customer may see."]
