"""The state of a ticket: a pure fold over its event log."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from oncall.paging.domain.escalation import Position
from oncall.paging.domain.events import (
    Acknowledged,
    Event,
    EventKind,
    ImpactChanged,
    Merged,
    Passed,
    Received,
    Reopened,
    Replied,
    Resolved,
    Unreadable,
    UnreadableLog,
    Updated,
    Waiting,
)
from oncall.paging.domain.pager_events import (
    Absorbed,
    AlertMark,
    Breached,
    Chased,
    Judged,
    StepFailed,
    StepFired,
    StepRerouted,
    StepSkipped,
    Warned,
    Withdrawn,
)
from oncall.paging.domain.ticket import Ticket, TicketStatus
from oncall.paging.domain.verdict import Action

NAMED = "named"
"""`StepFired.notify` of a page to a person to whom the ticket was passed by name."""
AFTER_THE_BREACH = timedelta(hours=1)
"""The time in which the steps of a chase fire if the breach has happened already."""
AFTER_AN_EMPTY_ROUND = timedelta(minutes=1)
"""The pause before the next round if a round reached nobody."""


@dataclass(frozen=True, slots=True)
class TicketState:
    """The state of a ticket after its events. Times are policy time, aware UTC.

    position: the next due step while the ticket is open. It survives an acknowledgement, so that a later pass continues
    from there. paged: every person who was sent a page, in order. last_fired: (round, step) of the last step that
    fired; last_to: the person whom it paged. alive: the steps that fired and have not failed. passed: (round, person)
    of those who passed the ticket on, and passed_from: of those from whom another person passed it on; that round does
    not page them again. pass_to: the person to whom it was passed by name, until they are paged. dead: (round, person,
    channel) that failed for good in that round. called: (round, person) of people whom no text reached in that round
    and whom the pager calls instead. alerts: the SLA alerts given so far. hurry: the round of a chase, and the time
    left for it. owner: the person who took it, also during a chase. taken_at: when they took it. opened_at: when the
    ticket came in or was reopened.
    """

    plan: str
    impact: str
    status: TicketStatus = TicketStatus.OPEN
    action: Action | None = None
    hold_until: datetime | None = None
    first_reply_due: datetime | None = None
    position: Position | None = None
    paged: tuple[str, ...] = ()
    last_fired: tuple[int, int] | None = None
    last_to: str | None = None
    alive: tuple[tuple[int, int], ...] = ()
    passed: frozenset[tuple[int, str]] = frozenset()
    passed_from: frozenset[tuple[int, str]] = frozenset()
    pass_to: str | None = None
    dead: frozenset[tuple[int, str, str]] = frozenset()
    called: frozenset[tuple[int, str]] = frozenset()
    owner: str | None = None
    taken_at: datetime | None = None
    opened_at: datetime | None = None
    is_reopened: bool = False
    resolved_by: str | None = None
    resolved_at: datetime | None = None
    merged_into: str | None = None
    alerts: frozenset[AlertMark] = frozenset()
    hurry: tuple[int, timedelta] | None = None

    @property
    def is_chased(self) -> bool:
        """Return True if the ticket has an owner but escalates again, because a breach is near."""
        return self.status is TicketStatus.OPEN and self.owner is not None and self.hurry is not None

    @property
    def escalates(self) -> bool:
        """Return True if the ticket pages people, now or when its hold ends."""
        return self.status is TicketStatus.OPEN and (self.position is not None or self.action is Action.HOLD)

    @property
    def due_at(self) -> datetime | None:
        """Return when the next step or the end of the hold is due; None if nothing is due until another event arrives.

        SLA alerts are not counted here; see `sla_alerts.next_alert_at`."""
        if self.status is not TicketStatus.OPEN:
            return None
        if self.action is Action.HOLD:
            return self.hold_until
        return self.position.due_at if self.position is not None else None


def fold(ticket: Ticket, events: Iterable[Event]) -> TicketState:
    """Return the state after `events`, which are in the order of the log."""
    state = TicketState(plan=ticket.plan, impact=ticket.impact)
    for event in events:
        state = after(state, event)
    return state


def after(state: TicketState, event: Event) -> TicketState:
    """Return the state after one more event. Raises UnreadableLog if the event matters and cannot be read."""
    change = _CHANGES.get(type(event))
    return change(state, event) if change is not None else state


def _judged(state: TicketState, event: Judged) -> TicketState:
    verdict = event.verdict
    if state.status is not TicketStatus.OPEN:
        # An engineer has the ticket: a later pass continues the escalation where it stopped.
        return replace(state, first_reply_due=verdict.first_reply_due)
    # A running escalation continues: new verdicts must not delay it again and again.
    goes_on = verdict.action is state.action and verdict.action is not Action.HOLD and state.position is not None
    begins = Position(0, 0, event.at, event.at)
    return replace(
        state if goes_on else _from_the_first_round(state),
        action=verdict.action,
        hold_until=verdict.hold_until,
        first_reply_due=verdict.first_reply_due,
        position=state.position if goes_on else None if verdict.action is Action.HOLD else begins,
    )


def _from_the_first_round(state: TicketState) -> TicketState:
    """Return the state with everything noted by round number cleared, for rounds that restart at 0."""
    return replace(
        state,
        last_to=None,
        alive=(),
        passed=frozenset(),
        passed_from=frozenset(),
        pass_to=None,
        dead=frozenset(),
        called=frozenset(),
    )


def _step_fired(state: TicketState, event: StepFired) -> TicketState:
    fired = (event.round, event.step)
    paged = state.paged if event.to in state.paged or event.notify == "desk" else (*state.paged, event.to)
    alive = (*state.alive, fired)
    state = _named_done(replace(state, position=event.following), event.round)
    return replace(state, paged=paged, last_fired=fired, last_to=event.to, alive=alive)


def _named_done(state: TicketState, number: int) -> TicketState:
    """After the page to a named person the rest of round `number` has the number of the next round."""
    if state.pass_to is None or state.position is None:
        return state
    following = state.position.round
    passed = {(following, person) for at, person in state.passed if at == number}
    passed_from = {(following, person) for at, person in state.passed_from if at == number}
    return replace(state, passed=state.passed | passed, passed_from=state.passed_from | passed_from, pass_to=None)


def _step_skipped(state: TicketState, event: StepSkipped) -> TicketState:
    state = _named_done(replace(state, position=event.following), event.round)
    if _was_passed_by_all(state, event.round):
        # The round reached its people: the usual pause comes before the next round.
        return state
    return _again_if_nobody_was_reached(state, event.round, event.at)


def _was_passed_by_all(state: TicketState, number: int) -> bool:
    """Return True if round `number` has fired no step because its people had passed the ticket on."""
    has_fired = state.last_fired is not None and state.last_fired[0] == number
    return not has_fired and any(at == number for at, _ in state.passed | state.passed_from)


def _step_failed(state: TicketState, event: StepFailed) -> TicketState:
    """Make the next step due at once if the latest step failed. An older step changes nothing."""
    failed = (event.round, event.step)
    state = replace(state, alive=tuple(step for step in state.alive if step != failed))
    if event.for_good:
        state = replace(state, dead=state.dead | {(event.round, event.to, event.channel)})
    if state.last_fired != failed:
        return state
    if state.position is None or state.position.step == 0:
        return _again_if_nobody_was_reached(state, event.round, event.at)
    return replace(state, position=replace(state.position, due_at=min(state.position.due_at, event.at)))


def _step_rerouted(state: TicketState, event: StepRerouted) -> TicketState:
    return replace(state, called=state.called | {(event.round, event.to)})


def _again_if_nobody_was_reached(state: TicketState, number: int, at: datetime) -> TicketState:
    """Start the next round soon if no step of round `number` reached a person."""
    position = state.position
    if any(fired == number for fired, _ in state.alive):
        return state
    if position is None:
        return _chased_again(state, number, at + AFTER_AN_EMPTY_ROUND)
    if position.round == number:
        return state
    begins = min(position.due_at, at + AFTER_AN_EMPTY_ROUND)
    return replace(state, position=replace(position, due_at=begins, round_began_at=begins))


def _received(state: TicketState, event: Received) -> TicketState:
    return replace(state, opened_at=event.at)


def _chased_again(state: TicketState, number: int, begins: datetime) -> TicketState:
    """Repeat a chase that reached nobody while there is time; after that the manager gets the breach."""
    if not state.is_chased or state.hurry is None or state.hurry[0] != number:
        return state
    left = state.hurry[1] - AFTER_AN_EMPTY_ROUND
    if left <= timedelta(0):
        return state
    following = number + 1
    return replace(state, position=Position(following, 0, begins, begins), hurry=(following, left))


def _acknowledged(state: TicketState, event: Acknowledged) -> TicketState:
    is_taken_over = event.taken_from is not None and state.status is TicketStatus.ACKNOWLEDGED
    if state.status is not TicketStatus.OPEN and not is_taken_over:
        return state
    return _taken(state, event.by, event.at)


def _replied(state: TicketState, event: Replied | Updated) -> TicketState:
    """Make the sender of a reply the owner of an open ticket. A chased ticket keeps its owner."""
    is_of_before = state.opened_at is not None and event.at < state.opened_at and state.is_reopened
    if state.status is not TicketStatus.OPEN or is_of_before:
        return state
    return _taken(state, state.owner or event.by, event.at)


def _waiting(state: TicketState, event: Waiting) -> TicketState:
    """End a chase: the ticket waits for the customer now."""
    return _back_to_owner(state) if state.is_chased else state


def _taken(state: TicketState, owner: str, at: datetime) -> TicketState:
    taken_at = state.taken_at if owner == state.owner else at
    return replace(state, status=TicketStatus.ACKNOWLEDGED, owner=owner, taken_at=taken_at or at, hurry=None)


def _back_to_owner(state: TicketState) -> TicketState:
    return replace(state, status=TicketStatus.ACKNOWLEDGED, position=None, hurry=None)


def held_by(state: TicketState, event: Passed) -> str | None:
    """Return the id of the person from whom the ticket is passed on: its owner, or else the last person paged.

    None if the passer was paged too."""
    return state.owner or (state.last_to if event.by not in state.paged else None)


def _passed(state: TicketState, event: Passed) -> TicketState:
    if state.status is TicketStatus.RESOLVED:
        return state
    # A pass sends a held ticket, or one that stayed at the desk, to the engineers.
    action = Action.PAGE if state.position is None else state.action
    position = state.position or Position(0, 0, event.at, event.at)
    holder = held_by(state, event)
    passed_from = {(position.round, holder)} if holder is not None and holder != event.by else set()
    return replace(
        state,
        status=TicketStatus.OPEN,
        owner=None,
        taken_at=None,
        action=action,
        hurry=None,
        # A round that starts early starts now, so that the next round keeps its distance.
        position=replace(position, due_at=event.at, round_began_at=min(position.round_began_at, event.at)),
        passed=state.passed | {(position.round, event.by)},
        passed_from=state.passed_from | passed_from,
        pass_to=event.to,
    )


def _resolved(state: TicketState, event: Resolved | Merged) -> TicketState:
    return replace(state, status=TicketStatus.RESOLVED, resolved_by=event.by, resolved_at=event.at)


def _alerted(state: TicketState, event: Warned | Chased | Breached) -> TicketState:
    return replace(state, alerts=state.alerts | {event.mark})


def _withdrawn(state: TicketState, event: Withdrawn) -> TicketState:
    """Forget a withdrawn breach, so that a later event can report it again."""
    return replace(state, alerts=state.alerts - {event.mark})


def _absorbed(state: TicketState, event: Absorbed) -> TicketState:
    """Keep the alerts of a duplicate, so that none is given twice."""
    due = event.first_reply_due or state.first_reply_due
    return replace(state, alerts=state.alerts | event.alerts, first_reply_due=due)


def _chased(state: TicketState, event: Chased) -> TicketState:
    """Start a chase: the ticket escalates again, in a round of its own."""
    assert event.due_at is not None, "a clock without a due time is not chased"
    state = _alerted(state, event)
    number = state.last_fired[0] + 1 if state.last_fired is not None else 1
    time_left = event.due_at - event.at
    return replace(
        state,
        status=TicketStatus.OPEN,
        action=Action.PAGE,
        position=Position(number, 0, event.at, event.at),
        hurry=(number, time_left if time_left > timedelta(0) else AFTER_THE_BREACH),
    )


def _merged(state: TicketState, event: Merged) -> TicketState:
    return replace(_resolved(state, event), merged_into=event.into)


def _reopened(state: TicketState, event: Reopened) -> TicketState:
    if event.was_open:
        return state
    return replace(
        _from_the_first_round(state),
        status=TicketStatus.OPEN,
        owner=None,
        taken_at=None,
        opened_at=event.at,
        is_reopened=True,
        resolved_by=None,
        action=None,
        position=None,
        last_fired=None,
        hurry=None,
    )


def _impact_changed(state: TicketState, event: ImpactChanged) -> TicketState:
    """End the chase of the old target. If the new target is as near, another chase starts."""
    state = replace(state, impact=event.impact)
    if not state.is_chased:
        return state
    others = frozenset(mark for mark in state.alerts if mark.kind is not EventKind.CHASED)
    return replace(_back_to_owner(state), alerts=others)


_WITHOUT_EFFECT = frozenset(
    {
        EventKind.CUSTOMER_REPLIED,
        EventKind.STEP_RESENT,
        EventKind.PAGE_WAITS,
        EventKind.PAGE_BUNDLED,
        EventKind.HANDED_OVER,
    }
)
"""Kinds that do not change where a ticket stands."""


def _unreadable(state: TicketState, event: Unreadable) -> TicketState:
    if event.kind not in _WITHOUT_EFFECT:
        raise UnreadableLog(f"{event.ticket}: an event of kind {event.kind.value} cannot be read")
    return state


# Each function takes the events of its own key, which a dict cannot say.
_CHANGES: dict[type[Event], Callable[[TicketState, Any], TicketState]] = {
    Received: _received,
    Judged: _judged,
    StepFired: _step_fired,
    StepSkipped: _step_skipped,
    StepFailed: _step_failed,
    StepRerouted: _step_rerouted,
    Acknowledged: _acknowledged,
    Replied: _replied,
    Updated: _replied,
    Waiting: _waiting,
    Passed: _passed,
    Resolved: _resolved,
    Merged: _merged,
    Warned: _alerted,
    Breached: _alerted,
    Withdrawn: _withdrawn,
    Absorbed: _absorbed,
    Chased: _chased,
    Reopened: _reopened,
    ImpactChanged: _impact_changed,
    Unreadable: _unreadable,
}
