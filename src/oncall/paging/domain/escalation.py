"""The escalation of one ticket: when each step fires, and what follows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from oncall.paging.domain.verdict import Action
from oncall.support.policy import ChannelName, Metric, Notify, Policy
from oncall.support.policy_checks import URGENT

PUNCTUAL = timedelta(minutes=1)
"""A step that fires less than this late counts as on time: the later steps keep their times."""


@dataclass(frozen=True, slots=True)
class TimedStep:
    """One step of a round: the people that it pages, and the channel that it uses.

    delay: the time from the start of the round to the step.
    """

    delay: timedelta
    notify: Notify
    channel: ChannelName


@dataclass(frozen=True, slots=True)
class Round:
    """One round of the escalation, with its steps in order.

    length: the time from its start to the start of the next round; None if no round follows.
    """

    steps: tuple[TimedStep, ...]
    length: timedelta | None


@dataclass(frozen=True, slots=True)
class Position:
    """The next due step: its round and number (both from 0), when it is due, and when its round began. Aware UTC."""

    round: int
    step: int
    due_at: datetime
    round_began_at: datetime


def round_of(
    number: int, *, action: Action, plan: str, impact: str, policy: Policy, within: timedelta | None = None
) -> Round:
    """Return the steps of round `number` (from 0) of a ticket. action: the verdict on the ticket.

    within: for a chase, the time left before the breach. The steps are moved closer together until they fit into that
    time, and no round follows.
    """
    rules = policy.escalation
    target = _first_reply(plan, impact, policy)
    on_call = tuple(TimedStep(step.delay(target), step.notify, step.channel) for step in rules.steps)
    at_desk = (TimedStep(timedelta(0), Notify.DESK, ChannelName.DESK),)
    if within is not None:
        return Round(_drawn_together(on_call, within), None)
    if action is not Action.PAGE and not wakes_people(impact, policy):
        return Round(at_desk, None)
    if action is Action.PAGE or number > 0:
        return Round(on_call, rules.repeat_every)
    later = tuple(TimedStep(rules.desk_after + step.delay, step.notify, step.channel) for step in on_call)
    return Round(at_desk + later, rules.desk_after + rules.repeat_every)


def _first_reply(plan: str, impact: str, policy: Policy) -> timedelta:
    """Return the time allowed for a first reply; the policy's shortest if it has no such plan or impact any more."""
    promises = policy.plans[plan].promises if plan in policy.plans else {}
    if impact in promises:
        return promises[impact].targets[Metric.FIRST_REPLY].within
    every = [promise for support in policy.plans.values() for promise in support.promises.values()]
    return min(promise.targets[Metric.FIRST_REPLY].within for promise in every)


_LAST = 0.8
"""The last step of a shortened chase fires after this share of the time that is left."""


def _drawn_together(steps: tuple[TimedStep, ...], within: timedelta) -> tuple[TimedStep, ...]:
    last = steps[-1].delay
    if last < within:
        return steps
    shares = [step.delay / last * _LAST for step in steps]
    return tuple(
        TimedStep(timedelta(seconds=int(within.total_seconds() * share)), step.notify, step.channel)
        for step, share in zip(steps, shares, strict=True)
    )


def wakes_people(impact: str, policy: Policy) -> bool:
    """Return True if this impact pages people outside business hours.

    True also if the policy does not know the impact.
    """
    return impact not in policy.impacts or policy.impacts[impact].pages


def urgency(impact: str, policy: Policy) -> int:
    """Return the rank of an impact: 0 for the urgent impact, larger numbers for less urgent ones.

    The urgent impact is the one with the name or alias `urgent`, or else the first one. The others follow in the order
    of the policy file. An impact that the policy no longer knows counts as urgent, because a missed page is worse than
    a needless one.
    """
    names = list(policy.impacts)
    urgent = next((name for name in names if URGENT in (name, *policy.impacts[name].aliases)), names[0])
    return 0 if impact == urgent or impact not in policy.impacts else names.index(impact) + 1


def patience(this_round: Round, step: int) -> timedelta:
    """Return how long a person who is paged by name has to answer: the pause before `step`.

    If no pause comes before that step, it is the first pause of the round, else the length of the round, else five
    minutes.
    """
    steps = this_round.steps
    pauses = [later.delay - earlier.delay for earlier, later in pairwise(steps)]
    own = pauses[step - 1] if step > 0 else timedelta(0)
    return own or next((pause for pause in pauses if pause), None) or this_round.length or timedelta(minutes=5)


def next_position(position: Position, this_round: Round, *, done_at: datetime, waits: bool) -> Position | None:
    """Return the position after the step at `position`, which was done at `done_at`; None if no step follows.

    waits: True if the step paged a person, who has until the next step to answer. If False, the next step of the round
    is due at once. A late step delays the steps after it, so that an outage does not end in a burst of pages.
    """
    base = position.due_at if done_at - position.due_at < PUNCTUAL else done_at
    step = position.step + 1
    if step < len(this_round.steps):
        pause = this_round.steps[step].delay - this_round.steps[position.step].delay if waits else timedelta(0)
        return Position(position.round, step, base + pause, position.round_began_at)
    if this_round.length is None:
        return None
    rest = this_round.length - this_round.steps[-1].delay
    begins = max(position.round_began_at + this_round.length, base + rest)
    return Position(position.round + 1, 0, begins, begins)
