"""Shows tickets as JSON for the API and `--json`. Times are ISO 8601 in the policy's zone, and people are ids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

from oncall.errors import NotFound, Refused
from oncall.paging.actions.consequences import ActionResult
from oncall.paging.actions.field_faults import FieldFault, FieldFaults
from oncall.paging.actions.permissions import Access, Operation, access
from oncall.paging.actions.posted_ticket import ID_PATTERN
from oncall.paging.clocks.clock_book import FOR_THE_PAGER_ALONE, clocks, sla_events, terms_in
from oncall.paging.domain.decide import preview
from oncall.paging.domain.events import Event
from oncall.paging.domain.pager_events import Judged
from oncall.paging.domain.quoted_text import quoted
from oncall.paging.domain.ticket import Attempt, StoredTicket
from oncall.paging.domain.ticket_answer import TicketAnswer, VerdictView
from oncall.paging.domain.verdict import Question, impact_named, plan_named, verdict
from oncall.paging.ports.callers import CallerRole
from oncall.paging.ports.event_json import details_of
from oncall.paging.ports.records import TicketFilter
from oncall.paging.ports.store import ListingStore, ViewStore
from oncall.paging.views.customer_names import customer_meant
from oncall.paging.views.reply_delivery import mail_view
from oncall.paging.views.ticket_view_types import (
    ActionView,
    AttemptView,
    ClockView,
    EventReceipt,
    EventView,
    ExplainView,
    StepView,
    TicketListView,
    TicketView,
    TriageView,
    Warnings,
    WholeTicketView,
)
from oncall.schedule.schedule import Schedule
from oncall.suggestions import suggestion
from oncall.support.clocks import SlaClock, SlaState, sla
from oncall.support.policy import Policy
from oncall.support.spoken_times import evening_of, past_instant
from oncall.support.triage import AnswerFaults, answers_from, propose


def listing_view(tx: ListingStore, wanted: TicketFilter, now: datetime, *, since: str | None = None) -> TicketListView:
    """Return one part of a list of tickets with their clocks, the newest first; `next` is the `after` of the next part.

    wanted: the filter; letter case and punctuation of customers' names do not matter. now: policy time, aware UTC.
    since: a past time as a person writes it; it replaces `wanted.since`. Raises FieldFaults for an `after` that is no
    ticket's id and a `since` that is no time, and NotFound for an unknown customer or person.
    """
    if since is not None:
        wanted = replace(wanted, since=_since(tx, since, now))
    for name in (wanted.owner, wanted.engineer):
        _refuse_stranger(tx, name)
    if wanted.after is not None and not (ID_PATTERN.fullmatch(wanted.after) and tx.ticket(wanted.after)):
        words = f"{quoted(wanted.after)} is not the id of a ticket; write the `next` of the page before"
        raise FieldFaults([FieldFault("after", words)])
    if wanted.customers:
        spellings = [each for name in wanted.customers for each in customer_meant(tx, name).spellings]
        if not spellings:
            return {"tickets": [], "next": None}
        wanted = replace(wanted, customers=tuple(spellings))
    found = tx.tickets(wanted)
    logs = clock_logs(tx, [stored.ticket.id for stored in found])
    views = views_at(tx, [(stored, logs.get(stored.ticket.id, ())) for stored in found], now)
    return {"tickets": views, "next": found[-1].ticket.id if len(found) == wanted.limit else None}


def clock_logs(tx: ListingStore, ids: Sequence[str]) -> Mapping[str, Sequence[Event]]:
    """Return the logs of tickets by ticket id, with only the events that their clocks need."""
    return tx.events_of(ids, without=FOR_THE_PAGER_ALONE)


def views_at(
    tx: ListingStore, found: Iterable[tuple[StoredTicket, Sequence[Event]]], now: datetime
) -> list[TicketView]:
    """Return tickets as lists show them at `now` (policy time, aware UTC).

    found: each with its log from `clock_logs`.
    """
    zone, terms = tx.policy().zone, terms_in(tx)
    return [ticket_view(stored, log, zone, sla(sla_events(stored.ticket, log, terms), now)) for stored, log in found]


def _since(tx: ListingStore, text: str, now: datetime) -> datetime:
    policy = tx.policy()
    try:
        return past_instant(text, now, policy.zone, evening_of(policy.spans))
    except Refused as refusal:
        raise FieldFaults([FieldFault("since", str(refusal))]) from refusal


def _refuse_stranger(tx: ListingStore, person: str | None) -> None:
    """Raise NotFound for an id that is on no published roster and owns no ticket."""
    people = tx.schedule().people
    if person is None or person in people or tx.tickets(TicketFilter(owner=person, limit=1)):
        return
    hint = suggestion(person, sorted(people))
    raise NotFound(f"{quoted(person)} is on no published roster and owns no ticket; {hint}")


def stored_whole_view(tx: ViewStore, stored: StoredTicket, now: datetime) -> WholeTicketView:
    """Return one stored ticket as JSON, with its log, its clocks and every attempt. now: policy time, aware UTC."""
    name = stored.ticket.id
    log = tx.events(name)
    state = clocks(tx, stored.ticket, log, now)
    view = whole_ticket_view(stored, log, tx.attempts(name), tx.policy().zone, state)
    for event, shown in zip(log, view["events"], strict=True):
        if (mail := mail_view(tx, event, tx.policy().zone)) is not None:
            shown["mail"] = mail
    return view


def action_view(done: ActionResult, warnings: Sequence[str] = ()) -> ActionView:
    """Return a ticket after an action as JSON, with what the action changed. warnings: sentences for the sender."""
    work = done.work
    return {
        **ticket_view(work.stored, work.log, work.policy.zone, work.clocks),
        **warnings_view(warnings),
        "changed": done.changed,
        "message": done.sentence,
    }


def event_answer(role: CallerRole, done: ActionResult, warnings: Sequence[str]) -> ActionView | EventReceipt:
    """Return the answer to a posted event: the ticket, or only a receipt if the caller's role may not read tickets."""
    if access(role, Operation.READ) is not Access.NO:
        return action_view(done, warnings)
    return {
        "id": done.work.name,
        "state": done.ticket.status.value,
        **warnings_view(warnings),
        "changed": done.changed,
        "message": done.sentence,
    }


def warnings_view(warnings: Sequence[str]) -> Warnings:
    """Return the `warnings` of an answer; an empty object if there are none."""
    return {"warnings": list(warnings)} if warnings else {}


def explain_view(plan: str, impact: str, policy: Policy, schedule: Schedule, at: datetime) -> ExplainView:
    """Return the verdict on a ticket of this plan and impact that comes in at `at` (aware UTC), with its first round.

    The round shows who is paged, and when, if nobody acknowledges. Raises Refused for an unknown plan or impact.
    """
    at = at.replace(microsecond=0)
    question = Question(plan_named(plan, policy).name, impact_named(impact, policy).name)
    steps: list[StepView] = [
        {
            "at": _time(step.at, policy.zone),
            "notify": str(step.notify),
            "engineer": step.engineer,
            "channel": step.channel.value,
        }
        for step in preview(question.plan, question.impact, policy, schedule, at)
    ]
    return {
        **verdict(question, policy, schedule, at).as_json(policy.zone),
        "plan": question.plan,
        "impact": question.impact,
        "at": _time(at, policy.zone),
        "timezone": policy.zone.key,
        "window": str(schedule.calendar_at(at).window_at(at).kind),
        "rules": rules_applied(question.plan, question.impact, policy),
        "steps": steps,
        "repeats_after_seconds": int(policy.escalation.repeat_every.total_seconds()),
    }


def clocks_view(state: SlaState, zone: tzinfo) -> list[ClockView]:
    """Return one clock for each metric: the running one that ends first, or else the one that ended last.

    Sorted by end. `seconds_left` is negative once the clock is late, and null while it is paused. A ticket with a
    merged duplicate may have several running clocks of one metric. One reply or update meets them all, so only the
    first deadline is shown.
    """
    ended = {clock.metric: clock for clock in state.clocks if not clock.is_running}
    running = {clock.metric: clock for clock in sorted(state.running, key=_deadline, reverse=True)}
    order = sorted((ended | running).values(), key=lambda clock: (not clock.is_running, *_deadline(clock)))
    return [
        {
            "metric": clock.metric.value,
            "state": clock.state(state.at).value,
            "is_owed": clock.is_running,
            "started_at": _time(clock.started_at, zone),
            "due_at": _time_or_none(clock.due_at, zone),
            "warn_at": _time_or_none(clock.warn_at, zone),
            "met_at": _time_or_none(clock.met_at, zone),
            "breached_at": _time_or_none(clock.breached_at, zone),
            "seconds_left": _seconds_left(clock, state.at),
        }
        for clock in order
    ]


def _deadline(clock: SlaClock) -> tuple[bool, datetime]:
    """Return a sort key that puts the earliest deadline first and clocks without a deadline last."""
    return clock.due_at is None, clock.due_at or clock.since


def _seconds_left(clock: SlaClock, now: datetime) -> int | None:
    return int((clock.due_at - now).total_seconds()) if clock.is_running and clock.due_at is not None else None


def ticket_view(stored: StoredTicket, log: Sequence[Event], zone: ZoneInfo, state: SlaState) -> TicketView:
    """Return one ticket as lists show it, with its current verdict. log: its events. state: its SLA clocks."""
    ticket = stored.ticket
    return {
        "id": ticket.id,
        "timezone": zone.key,
        "ticket": {
            "id": ticket.id,
            "customer": ticket.customer,
            "plan": ticket.plan,
            "impact": stored.impact,
            "subject": ticket.subject,
            "url": ticket.url,
            "opened_at": _time_or_none(ticket.opened_at, zone),
            "contact": ticket.contact,
        },
        "state": stored.status.value,
        "action": stored.action,
        "code": stored.code,
        "owner": stored.owner,
        "merged_into": state.merged_into,
        "received_at": _time(stored.received_at, zone),
        "hold_until": _time_or_none(stored.hold_until, zone) if stored.action == "hold" else None,
        "first_reply_due": _time_or_none(stored.first_reply_due, zone),
        "next_step_at": _time_or_none(stored.due_at, zone),
        "waiting": state.is_waiting,
        "clocks": clocks_view(state, zone),
        "verdict": _current_verdict(stored, log, zone),
    }


def _current_verdict(stored: StoredTicket, log: Sequence[Event], zone: tzinfo) -> VerdictView:
    """Return the last verdict in the log as JSON; the verdict at receipt if the log has none."""
    last = _last_judged(log)
    return _first_verdict(stored) if last is None else last.verdict.as_json(zone)


def _first_verdict(stored: StoredTicket) -> VerdictView:
    return _answer(stored)["verdict"]


def _answer(stored: StoredTicket) -> TicketAnswer:
    assert stored.answer is not None, "every stored ticket was answered"
    return stored.answer


def _last_judged(log: Sequence[Event]) -> Judged | None:
    return next((event for event in reversed(log) if isinstance(event, Judged)), None)


def whole_ticket_view(
    stored: StoredTicket, events: Sequence[Event], attempts: Sequence[Attempt], zone: ZoneInfo, state: SlaState
) -> WholeTicketView:
    """Return one ticket as JSON with its log, its attempts, and its verdict at receipt (`first_verdict`)."""
    judged = _last_judged(events)
    return {
        **ticket_view(stored, events, zone, state),
        "judged_at": _time(judged.at if judged is not None else stored.received_at, zone),
        "first_verdict": _first_verdict(stored),
        "events": [event_view(event, zone) for event in events],
        "attempts": [attempt_view(attempt, zone) for attempt in attempts],
        "notes": [*_answer(stored).get("warnings", ()), *state.notes],
    }


def event_view(event: Event, zone: tzinfo) -> EventView:
    """Return one event as JSON."""
    view: EventView = {"at": _time(event.at, zone), "kind": event.kind.value, "by": event.by, "why": event.why}
    if event.id is not None:
        view["id"] = event.id
    if details := details_of(event):
        view["details"] = details
    return view


def attempt_view(attempt: Attempt, zone: tzinfo) -> AttemptView:
    """Return one attempt as JSON. `to` is a person's id or `desk`."""
    return {
        "id": attempt.id,
        "at": _time(attempt.at, zone),
        "to": attempt.to,
        "channel": attempt.channel,
        "purpose": attempt.purpose.value,
        "status": attempt.status.value,
        "provider_id": attempt.provider_id,
        "text": attempt.text,
        "bundle": attempt.bundle,
        "step": attempt.step,
        "round": attempt.round,
        "tries": attempt.sends,
        "error": attempt.error,
        "error_code": attempt.error_code,
    }


def triage_view(answers: object, policy: Policy) -> TriageView:
    """Return the impact that follows from these answers, the reasons, and the line of the policy that defines it.

    Raises FieldFaults with every answer that cannot be used, and Refused for answers that contradict each other.
    """
    try:
        proposal = propose(answers_from(answers), policy)
    except AnswerFaults as refusal:
        raise FieldFaults([FieldFault(name or "triage", words) for name, words in refusal.faults]) from refusal
    return {"impact": proposal.impact, "reasons": list(proposal.reasons), "rule": proposal.rule}


def rules_applied(plan: str, impact: str, policy: Policy) -> list[str]:
    """Return the keys of the policy file that decide the verdict, each with its place, like `p.yaml:51: plans...`."""
    promise = f"plans.{plan}.promises.{impact}"
    paths = [f"{promise}.coverage", f"{promise}.first_reply", f"impacts.{impact}.pages", "escalation.steps"]
    return [f"{policy.source}:{policy.lines[path]}: {path}" for path in paths if path in policy.lines]


def _time(at: datetime, zone: tzinfo) -> str:
    return at.astimezone(zone).isoformat()


def _time_or_none(at: datetime | None, zone: tzinfo) -> str | None:
    return at.astimezone(zone).isoformat() if at is not None else None
