"""Computes how the events of escalation steps change a ticket's state. Pure functions."""

from __future__ import annotations

from datetime import datetime, timedelta

from oncall.paging.domain.escalation import Position
from oncall.paging.domain.pager_events import StepFailed, StepFired, StepRerouted, StepSkipped
from oncall.paging.domain.ticket_state import Chase, TicketState
from oncall.support.changed_row import changed

AFTER_AN_EMPTY_ROUND = timedelta(minutes=1)
"""The pause before the next round after a round that reached nobody."""


def step_fired(state: TicketState, event: StepFired) -> TicketState:
    """Return the state after a step paged its person."""
    fired = (event.round, event.step)
    paged = state.paged if event.to in state.paged or event.notify == "desk" else (*state.paged, event.to)
    alive = (*state.alive, fired)
    state = _named_done(changed(state, position=event.following), event.round)
    return changed(state, paged=paged, last_fired=fired, last_to=event.to, alive=alive)


def _named_done(state: TicketState, number: int) -> TicketState:
    """After a page to a named person, make the remaining steps of round `number` the next round. Returns the state.

    Without such a page the state is unchanged.
    """
    if state.pass_to is None or state.position is None:
        return state
    following = state.position.round
    passed = {(following, person) for at, person in state.passed if at == number}
    passed_from = {(following, person) for at, person in state.passed_from if at == number}
    return changed(state, passed=state.passed | passed, passed_from=state.passed_from | passed_from, pass_to=None)


def step_skipped(state: TicketState, event: StepSkipped) -> TicketState:
    """Return the state after a step that could reach nobody."""
    state = _named_done(changed(state, position=event.following), event.round)
    if _was_passed_by_all(state, event.round):
        # The round reached its people: the usual pause comes before the next round.
        return state
    return _again_if_nobody_was_reached(state, event.round, event.at)


def _was_passed_by_all(state: TicketState, number: int) -> bool:
    """Return True if round `number` has fired no step because its people had passed the ticket on."""
    has_fired = state.last_fired is not None and state.last_fired[0] == number
    return not has_fired and any(at == number for at, _ in state.passed | state.passed_from)


def step_failed(state: TicketState, event: StepFailed) -> TicketState:
    """Return the state after a step's page failed.

    If it was the latest step, the next step of the round is due at once. The failure of an earlier step does not change
    when the next step is due.
    """
    failed = (event.round, event.step)
    state = changed(state, alive=tuple(step for step in state.alive if step != failed))
    if event.for_good:
        state = changed(state, dead=state.dead | {(event.round, event.to, event.channel)})
    if state.last_fired != failed:
        return state
    if state.position is None or state.position.step == 0:
        return _again_if_nobody_was_reached(state, event.round, event.at)
    return changed(state, position=changed(state.position, due_at=min(state.position.due_at, event.at)))


def step_rerouted(state: TicketState, event: StepRerouted) -> TicketState:
    """Return the state after a call took the place of a text."""
    return changed(state, called=state.called | {(event.round, event.to)})


def _again_if_nobody_was_reached(state: TicketState, number: int, at: datetime) -> TicketState:
    """Start the next round soon if no step of round `number` reached a person. Otherwise return the state unchanged."""
    position = state.position
    if any(fired == number for fired, _ in state.alive):
        return state
    if position is None:
        return _chased_again(state, number, at + AFTER_AN_EMPTY_ROUND)
    if position.round == number:
        return state
    begins = min(position.due_at, at + AFTER_AN_EMPTY_ROUND)
    return changed(state, position=changed(position, due_at=begins, round_began_at=begins))


def _chased_again(state: TicketState, number: int, begins: datetime) -> TicketState:
    """Repeat a chase that reached nobody, if time is left before the breach. A breach itself notifies the manager."""
    if not state.is_chased or state.chase is None or state.chase.round != number:
        return state
    left = state.chase.time_left - AFTER_AN_EMPTY_ROUND
    if left <= timedelta(0):
        return state
    following = number + 1
    return changed(state, position=Position(following, 0, begins, begins), chase=Chase(following, left))
