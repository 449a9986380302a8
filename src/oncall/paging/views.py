"""What the API and `--json` show: plain JSON values, times in ISO 8601 with the policy zone's offset, people by id."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Any

from oncall.paging.decide import preview
from oncall.paging.ticket import Attempt, Event, StoredTicket
from oncall.paging.verdict import Question, impact_named, plan_named, verdict
from oncall.schedule.schedule import Schedule
from oncall.support.policy import Policy


def explain_view(plan: str, impact: str, policy: Policy, schedule: Schedule, at: datetime) -> dict[str, Any]:
    """The verdict on such a ticket received at `at`, and each step of the first round if nobody answered.

    Raises Refused for an unknown plan or impact.
    """
    question = Question(plan_named(plan, policy).name, impact_named(impact, policy).name)
    body = verdict(question, policy, schedule, at).as_json(policy.zone)
    steps = [
        {
            "at": _time(step.at, policy.zone),
            "notify": step.notify.value,
            "engineer": step.engineer,
            "channel": step.channel.value,
        }
        for step in preview(question.plan, question.impact, policy, schedule, at)
    ]
    return {
        **body,
        "plan": question.plan,
        "impact": question.impact,
        "at": _time(at, policy.zone),
        "window": schedule.calendar.window_at(at).kind.value,
        "steps": steps,
        "repeats_after_seconds": int(policy.escalation.repeat_every.total_seconds()),
    }


def ticket_view(stored: StoredTicket, zone: tzinfo) -> dict[str, Any]:
    """One ticket as listings show it."""
    ticket = stored.ticket
    return {
        "id": ticket.id,
        "ticket": {
            "id": ticket.id,
            "customer": ticket.customer,
            "plan": ticket.plan,
            "impact": stored.impact,
            "subject": ticket.subject,
            "url": ticket.url,
            "opened_at": _time(ticket.opened_at, zone),
            "contact": ticket.contact,
        },
        "state": stored.status.value,
        "action": stored.action,
        "code": stored.code,
        "owner": stored.owner,
        "received_at": _time(stored.received_at, zone),
        "hold_until": _time(stored.hold_until, zone) if stored.action == "hold" else None,
        "first_reply_due": _time(stored.first_reply_due, zone),
        "next_step_at": _time(stored.due_at, zone),
        "verdict": dict(stored.answer)["verdict"],
    }


def whole_ticket_view(
    stored: StoredTicket, events: Sequence[Event], attempts: Sequence[Attempt], zone: tzinfo
) -> dict[str, Any]:
    """One ticket with its log and every try to tell somebody."""
    return {
        **ticket_view(stored, zone),
        "events": [event_view(event, zone) for event in events],
        "attempts": [attempt_view(attempt, zone) for attempt in attempts],
    }


def event_view(event: Event, zone: tzinfo) -> dict[str, Any]:
    """One line of a ticket's log."""
    return {
        "at": _time(event.at, zone),
        "kind": event.kind.value,
        "by": event.by,
        "why": event.why,
        **({"id": event.id} if event.id is not None else {}),
        **({"details": dict(event.details)} if event.details else {}),
    }


def attempt_view(attempt: Attempt, zone: tzinfo) -> dict[str, Any]:
    """One try. `to` is a person's id or `desk`."""
    return {
        "id": attempt.id,
        "at": _time(attempt.at, zone),
        "to": attempt.to,
        "channel": attempt.channel,
        "purpose": attempt.purpose.value,
        "status": attempt.status.value,
        "provider_id": attempt.provider_id,
        "text": attempt.body,
        "step": attempt.step,
        "round": attempt.round,
        "tries": attempt.tries,
        "error": attempt.error,
        "error_code": attempt.error_code,
    }


def _time(at: datetime | None, zone: tzinfo) -> str | None:
    return at.astimezone(zone).isoformat() if at is not None else None
