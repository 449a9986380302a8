"""The JSON of the intake: answers to senders, and the log of arrivals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, NotRequired, TypedDict

from oncall.intake.routes import routed
from oncall.intake.signals import Taken
from oncall.paging.domain.ticket_answer import VerdictView
from oncall.paging.domain.verdict import Question, verdict
from oncall.paging.ports.intake_store import Arrival
from oncall.schedule.schedule import Schedule
from oncall.support.json_types import Keyword
from oncall.support.policy import Policy

MOST_SHOWN = 100
"""The most signals of a request whose results an answer shows."""


class SignalView(TypedDict):
    """The result of one alert or event."""

    ticket: Annotated[str | None, "The ticket of the alert or event; null if there is none."]
    became: Annotated[
        str,
        Keyword(
            "enum",
            ("opened", "updated", "raised", "acknowledged", "resolved", "recorded", "noted", "ignored"),
        ),
    ]
    why: str


class SenderAnswer(TypedDict):
    """The JSON response to a sender, after its request is stored."""

    status: Annotated[
        str,
        Keyword("enum", ("accepted", "kept")),
        "`kept`: some of it cannot be understood; it is stored, and a person is told.",
    ]
    id: Annotated[str, "Its id in the intake log."]
    signals: Annotated[list[SignalView], "Each alert or event that was understood, at most 100."]
    faults: NotRequired[Annotated[list[str], "What cannot be understood."]]


class ArrivalView(TypedDict):
    """One request of a sender, as the intake log shows it."""

    id: str
    at: str
    caller: Annotated[str, "The name of the token that sent the request."]
    sender: Annotated[str, "The kind of sender, like `alertmanager`; `api` for the tickets API."]
    path: str
    status: Annotated[str, Keyword("enum", ("taken", "failed", "replayed", "dropped"))]
    tickets: list[str]
    outcome: Annotated[list[str], "The outcome of each part of the request, a sentence each."]


class ArrivalListView(TypedDict):
    """One part of the list of arrivals, the newest first."""

    arrivals: list[ArrivalView]
    next: Annotated[str | None, "Pass it as `after` to get the next page; null on the last page."]


class FailureView(ArrivalView):
    """A failure, with its stored body."""

    body: Annotated[str, "The body as text; bytes that are not UTF-8 are shown as `\\\\xNN`."]
    bytes: Annotated[int, "How many bytes are kept."]
    is_cut: Annotated[bool, "True if the body was longer than what is kept."]
    headers: dict[str, str]


class FailureListView(TypedDict):
    """One part of the list of failures that a person must still replay or drop, the newest first."""

    failures: list[ArrivalView]
    next: Annotated[str | None, "Pass it as `after` to get the next page; null on the last page."]


class RoutedView(TypedDict):
    """The customer, plan and impact that the routing table gives an alert, and the verdict on its ticket."""

    row: Annotated[dict[str, str] | None, "The patterns of the row that matched; null if no row did."]
    line: Annotated[int | None, "The row's line in the policy file."]
    customer: str
    plan: str
    impact: str
    reasons: list[str]
    verdict: VerdictView


def arrival_view(arrival: Arrival) -> ArrivalView:
    """Return an arrival as JSON, without its body."""
    return {
        "id": arrival.id,
        "at": arrival.at.isoformat(),
        "caller": arrival.caller,
        "sender": arrival.sender,
        "path": arrival.path,
        "status": arrival.status.value,
        "tickets": list(arrival.tickets),
        "outcome": list(arrival.outcome),
    }


def failure_view(arrival: Arrival) -> FailureView:
    """Return a failure as JSON, with its body."""
    body = arrival.body or b""
    return {
        **arrival_view(arrival),
        "body": body.decode("utf-8", "backslashreplace"),
        "bytes": len(body),
        "is_cut": arrival.is_cut,
        "headers": dict(arrival.headers),
    }


def replayed_view(arrival: Arrival, taken: Sequence[Taken]) -> SenderAnswer:
    """Return the results of a replay as JSON."""
    return {"status": "accepted", "id": arrival.id, "signals": signal_views(taken)}


def signal_views(taken: Sequence[Taken]) -> list[SignalView]:
    """Return the results of the first MOST_SHOWN signals of a request as JSON."""
    return [{"ticket": one.ticket, "became": one.became.value, "why": one.why} for one in taken[:MOST_SHOWN]]


def explained(labels: Mapping[str, str], policy: Policy, schedule: Schedule, at: datetime) -> RoutedView:
    """Return how an alert with these labels is routed at `at` (aware UTC), and the verdict on its ticket, as JSON."""
    way = routed(labels, policy)
    return {
        "row": dict(way.row.match) if way.row is not None else None,
        "line": way.row.line if way.row is not None else None,
        "customer": way.customer,
        "plan": way.plan,
        "impact": way.impact,
        "reasons": list(way.reasons),
        "verdict": verdict(Question(way.plan, way.impact), policy, schedule, at).as_json(policy.zone),
    }
