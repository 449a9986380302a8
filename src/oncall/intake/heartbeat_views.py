"""Heartbeats as JSON."""

from __future__ import annotations

from typing import Annotated, TypedDict

from oncall.paging.ports.heartbeat_store import Heartbeat


class HeartbeatView(TypedDict):
    """A job that must call regularly."""

    name: str
    every_seconds: Annotated[int, "The seconds between two calls of the job."]
    grace_seconds: Annotated[int, "The seconds by which a call may be late."]
    url: Annotated[str, "Where the job calls, with a token."]
    state: Annotated[str, "`waiting` until its first call, then `calling` or `silent`."]
    last_at: Annotated[str | None, "Its last call."]
    due_at: Annotated[str, "When its silence opens a ticket."]
    ticket: Annotated[str | None, "The ticket that its silence has opened."]
    customer: str | None
    plan: str | None
    impact: str | None


class HeartbeatListView(TypedDict):
    """Every heartbeat, sorted by name."""

    heartbeats: list[HeartbeatView]


class HeartbeatDeleted(TypedDict):
    """The JSON response to the deletion of a heartbeat."""

    name: str
    deleted: bool


class BeatAnswer(TypedDict):
    """The JSON response to a job that calls."""

    name: str
    due_at: Annotated[str, "When the next call is due, with its grace."]
    resolved: Annotated[str | None, "The ticket that this call resolved."]


def heartbeat_view(one: Heartbeat, public_url: str) -> HeartbeatView:
    """Return a heartbeat as JSON, with the address that the job calls. public_url: the address of this service."""
    state = "silent" if one.ticket is not None else "waiting" if one.last_at is None else "calling"
    return {
        "name": one.name,
        "every_seconds": int(one.every.total_seconds()),
        "grace_seconds": int(one.grace.total_seconds()),
        "url": f"{public_url}/heartbeat/{one.name}",
        "state": state,
        "last_at": one.last_at.isoformat() if one.last_at is not None else None,
        "due_at": one.due_at.isoformat(),
        "ticket": one.ticket,
        "customer": one.customer,
        "plan": one.plan,
        "impact": one.impact,
    }
