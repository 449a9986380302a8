"""Decides what the pager must do for a ticket now, and why. The functions are pure: they read only their arguments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from oncall.errors import Refused
from oncall.paging.domain.escalation import Position, Round, TimedStep, next_position, patience, round_of
from oncall.paging.domain.events import TermsVersions
from oncall.paging.domain.pager_events import Judged, StepFired, StepSkipped
from oncall.paging.domain.people import DESK, first_responder, person_for
from oncall.paging.domain.situation import Situation
from oncall.paging.domain.state import NAMED, after
from oncall.paging.domain.ticket import TicketStatus
from oncall.paging.domain.ticket_state import TicketState
from oncall.paging.domain.verdict import Action, Verdict, verdict
from oncall.schedule.schedule import Schedule
from oncall.support.policy import ChannelName, Notify, Policy
from oncall.support.windows import WindowKind

PAGER = "oncall"
"""The value of `by` in events that the pager itself causes."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Decision: do nothing before `until` (policy time, aware UTC). None: do nothing until another event arrives."""

    until: datetime | None
    why: str


@dataclass(frozen=True, slots=True)
class Judge:
    """Decision: give the ticket a new verdict, because its hold has ended."""

    why: str


@dataclass(frozen=True, slots=True)
class Fire:
    """Decision: page the person `to` for the step at `position`.

    following: the position of the next step; None if no step follows. is_named: the ticket was passed to `to` by name.
    """

    position: Position
    step: TimedStep
    to: str
    following: Position | None
    why: str
    is_named: bool = False


@dataclass(frozen=True, slots=True)
class Skip:
    """Decision: skip a step that can reach nobody.

    following: the position of the next step; None if no step follows.
    """

    position: Position
    step: TimedStep
    following: Position | None
    why: str


Decision = Wait | Judge | Fire | Skip


def next_decision(state: TicketState, situation: Situation) -> Decision:
    """Return what the pager does next for a ticket: wait, give a new verdict, or fire or skip a step."""
    now = situation.now
    if state.status is not TicketStatus.OPEN:
        return Wait(None, f"it is {state.status.value}")
    if state.due_at is None:
        return Wait(None, "no step is left")
    if now < state.due_at:
        return Wait(state.due_at, "the next step is not due yet")
    if state.action is Action.HOLD:
        return Judge("the hold has ended")
    decision = _step(state, situation) if state.pass_to is None else _to_named(state, state.pass_to, situation)
    return _by_a_way_that_works(decision, state, situation) if isinstance(decision, Fire) else decision


def _by_a_way_that_works(fire: Fire, state: TicketState, situation: Situation) -> Fire | Skip:
    """Turn the text into a call if no text reaches the person. Skip the step if its channel failed in this round."""
    reason = None
    if fire.to in situation.opted_out:
        reason = "has sent STOP"
    elif (fire.position.round, fire.to) in state.called:
        reason = "is reached by no text in this round"
    if fire.step.channel is ChannelName.SMS and reason is not None:
        why = f"{fire.why}, {reason} and is called instead"
        fire = replace(fire, step=replace(fire.step, channel=ChannelName.VOICE), why=why)
    if (fire.position.round, fire.to, fire.step.channel.value) not in state.dead:
        return fire
    following = fire.following
    if following is not None and (fire.is_named or following.round == fire.position.round):
        following = replace(following, due_at=situation.now)
    why = f"{fire.to} was not reached by {fire.step.channel.value} in this round"
    return Skip(fire.position, fire.step, following, why)


def _step(state: TicketState, situation: Situation) -> Fire | Skip:
    position, now = state.position, situation.now
    assert position is not None, "an open ticket that is not held has a next step"
    this_round = _round(state, position, situation.policy)
    if position.step >= len(this_round.steps):
        position = Position(position.round + 1, 0, position.due_at, now)
        this_round = _round(state, position, situation.policy)
    step = this_round.steps[position.step]
    target, why = _target(step, situation.policy, situation.schedule, now)
    if target is not None and (position.round, target) in state.passed:
        target, why = None, f"{target} has passed it on"
    elif target is not None and (position.round, target) in state.passed_from:
        target, why = None, f"it was passed on from {target}"
    following = next_position(position, this_round, done_at=now, waits=target is not None)
    if target is None:
        return Skip(position, step, following, why)
    return Fire(position, step, target, following, why)


def _to_named(state: TicketState, person: str, situation: Situation) -> Fire:
    """Return the page to the person to whom the ticket was passed by name.

    The round continues after this page. The person gets as long to answer as the person of the previous step. The
    remaining steps of the round get the number of the next round, so that no two pages have the same round and step.
    """
    position = state.position
    assert position is not None, "a ticket that was passed on has a next step"
    this_round = _round(state, position, situation.policy)
    number = min(position.step, len(this_round.steps) - 1)
    step = this_round.steps[number]
    channel = ChannelName.SMS if step.channel is ChannelName.DESK else step.channel
    due_at = situation.now + patience(this_round, number)
    rest = _round(state, replace(position, round=position.round + 1), situation.policy)
    # Only the first round of a ticket at the desk has the desk's own step.
    left = max(number - (len(this_round.steps) - len(rest.steps)), 0)
    following = Position(position.round + 1, left, due_at, due_at - rest.steps[left].delay)
    why = f"the ticket was passed to {person}"
    return Fire(position, replace(step, channel=channel), person, following, why, is_named=True)


def _round(state: TicketState, position: Position, policy: Policy) -> Round:
    assert state.action is not None, "a ticket with a next step has been judged"
    chase = state.chase
    within = chase.time_left if chase is not None and chase.round == position.round else None
    return round_of(
        position.round, action=state.action, plan=state.plan, impact=state.impact, policy=policy, within=within
    )


def _target(step: TimedStep, policy: Policy, schedule: Schedule, now: datetime) -> tuple[str | None, str]:
    """Return the person whom the step pages and the reason, or None and the reason why it pages nobody."""
    if step.notify is Notify.DESK:
        return DESK, "in business hours the desk owns tickets"
    on_call = schedule.responders(now)
    person = person_for(step.notify, schedule, on_call)
    if person is None:
        return None, f"the schedule has a gap: nobody is {step.notify}"
    earlier = next(
        (role for role in _roles_before(step, policy) if person_for(role, schedule, on_call) == person), None
    )
    if earlier is not None:
        return None, f"{person.id} is {earlier} and {step.notify}, and was paged as {earlier}"
    if step.notify is not Notify.MANAGER and on_call.window.kind is WindowKind.BUSINESS:
        return person.id, f"{person.id} was {step.notify} of the shift that ended last"
    return person.id, f"{person.id} is {step.notify}"


def _roles_before(step: TimedStep, policy: Policy) -> Iterator[Notify]:
    """Yield the roles that the escalation pages before the role of `step`; nothing if `step` does not page a role."""
    if step.notify.is_role:
        for other in policy.escalation.steps:
            if other.notify is step.notify:
                return
            if other.notify.is_role:
                yield other.notify


def judged(decided: Verdict, *, ticket_id: str, why: str, terms: TermsVersions | None) -> Judged:
    """Return the event that records a verdict.

    terms: the schedule versions whose policy and business hours were in force; None in a preview.
    """
    return Judged(ticket_id, decided.at, PAGER, why, verdict=decided, terms=terms)


def verdict_again(
    state: TicketState, situation: Situation, *, counts_from: datetime | None = None, due: datetime | None = None
) -> Verdict:
    """Return a new verdict on a stored ticket.

    The verdict is to page if the policy has no such plan or impact any more. counts_from, due: as for `verdict`.
    """
    policy, schedule, now = situation.policy, situation.schedule, situation.now
    try:
        return verdict(state, policy, schedule, now, counts_from=counts_from, due=due)
    except Refused as refusal:
        engineer = first_responder(schedule, schedule.responders(now))
        reasons = (f"{refusal}.", "The current policy cannot judge this ticket, so it is paged.")
        return Verdict(now, Action.PAGE, reasons, state.first_reply_due or now, engineer=engineer)


def fired(decision: Fire, *, ticket_id: str, at: datetime, attempt: str) -> StepFired:
    """Return the event that records a fired step. attempt: the id of its page."""
    return StepFired(
        ticket_id,
        at,
        PAGER,
        decision.why,
        round=decision.position.round,
        step=decision.position.step,
        notify=NAMED if decision.is_named else str(decision.step.notify),
        channel=decision.step.channel.value,
        following=decision.following,
        to=decision.to,
        attempt=attempt,
    )


def skipped(decision: Skip, *, ticket_id: str, at: datetime) -> StepSkipped:
    """Return the event that records a skipped step."""
    return StepSkipped(
        ticket_id,
        at,
        PAGER,
        decision.why,
        round=decision.position.round,
        step=decision.position.step,
        notify=str(decision.step.notify),
        channel=decision.step.channel.value,
        following=decision.following,
    )


@dataclass(frozen=True, slots=True)
class StepPreview:
    """A step that fires at `at` (aware UTC) if nobody acknowledges.

    engineer: the id of the person paged; None for the desk.
    """

    at: datetime
    notify: Notify
    engineer: str | None
    channel: ChannelName


def preview(plan: str, impact: str, policy: Policy, schedule: Schedule, at: datetime) -> Iterator[StepPreview]:
    """Yield the steps of the first round of a ticket that arrives at `at` (aware UTC) and that nobody acknowledges.

    If the ticket is held first, these are the steps after its hold ends. Steps that would reach nobody are left out.
    The pager decides with the same code. Raises Refused if the policy has no such plan or impact.
    """
    state = TicketState(plan=plan, impact=impact)
    now = at
    state = after(state, judged(verdict(state, policy, schedule, now), ticket_id="", why="preview", terms=None))
    while state.due_at is not None:
        now = max(now, state.due_at)
        situation = Situation(policy, schedule, now)
        decision = next_decision(state, situation)
        if isinstance(decision, Judge):
            decided = verdict_again(state, situation, counts_from=state.hold_until)
            state = after(state, judged(decided, ticket_id="", why=decision.why, terms=None))
            continue
        if isinstance(decision, Wait) or decision.position.round > 0:
            return
        if isinstance(decision, Skip):
            state = after(state, skipped(decision, ticket_id="", at=now))
            continue
        engineer = None if decision.step.notify is Notify.DESK else decision.to
        yield StepPreview(now, decision.step.notify, engineer, decision.step.channel)
        state = after(state, fired(decision, ticket_id="", at=now, attempt=""))
