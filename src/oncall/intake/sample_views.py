"""Shows the effect that a sample body would have, as JSON and for the terminal. Nothing is stored or sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

from oncall.intake.intake_views import RoutedView
from oncall.intake.signals import Signal, SignalKind
from oncall.paging.domain.ticket_answer import VerdictView


class SampleTicketView(TypedDict):
    """A ticket that a body would open if it is new: the document as it would be posted, and the verdict on it."""

    ticket: dict[str, object]
    reasons: list[str]
    verdict: VerdictView


class SampleView(TypedDict):
    """What a sample body contains: tickets, events on tickets, and faults."""

    mapping: str
    tickets: list[SampleTicketView]
    events: list[dict[str, object]]
    faults: list[str]


def sample_ticket_view(signal: Signal, way: RoutedView) -> SampleTicketView:
    """Return the ticket that a signal would open, as JSON. way: how the routing table routes the signal."""
    document: dict[str, object] = {
        "id": signal.ticket_id or f"made from {signal.key[:60]}",
        "customer": way["customer"],
        "plan": way["plan"],
        "impact": way["impact"],
        "subject": signal.subject,
        "url": signal.url,
        "opened_at": signal.at.isoformat() if signal.at is not None else None,
        **signal.more,
    }
    shown = {name: value for name, value in document.items() if value is not None and value != ""}
    return {"ticket": shown, "reasons": way["reasons"], "verdict": way["verdict"]}


def sample_event_view(signal: Signal) -> dict[str, object]:
    """Return the effect of a signal on a known ticket as JSON: the event to post, or else the kind of the signal."""
    event: Mapping[str, object] = signal.event if signal.event is not None else {"kind": _KINDS[signal.kind]}
    why = {"why": signal.why} if signal.event is None and signal.why else {}
    return {"ticket": signal.ticket_id or signal.key, **event, **why}


_KINDS = {
    SignalKind.ACKNOWLEDGE: "acknowledged",
    SignalKind.RESOLVE: "resolved",
    SignalKind.NOTE: "noted",
    SignalKind.EVENT: "event",
}
