"""Checks whether the promises of a whole policy can be kept.

Each check adds its faults at the values that are wrong.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from itertools import pairwise

from oncall.file_nodes import ListNode, Node, descend
from oncall.file_values import Slot
from oncall.support.coverage_days import DAYS_OF_WEEK, MONDAY_TO_FRIDAY, days_in_yaml
from oncall.support.policy import Counting, Coverage, Escalation, Impact, Metric, Promise, SupportPlan
from oncall.support.week_hours import PlacedSpan
from oncall.support.wording import span

_MINUTE = timedelta(minutes=1)
_DAY = 24 * 60
_WIDTH = {Coverage.BUSINESS: 0, Coverage.FIVE_DAYS: 1, Coverage.ALWAYS: 2}


def check_hours(plan: SupportPlan, node: Node) -> None:
    """Add a fault for each promise with business-hours coverage in a policy without business hours.

    node: the promises of the plan.
    """
    for impact, promise in plan.promises.items():
        if promise.coverage is Coverage.BUSINESS:
            place = descend(node, impact, "coverage")
            place.note("promises business hours, but this policy has none; write business_hours: mon-fri 08:00-19:00")


def check_coverage_days(
    plans: Collection[SupportPlan], business: Slot[tuple[PlacedSpan, ...]], days: Slot[tuple[int, ...]]
) -> None:
    """Check that 24x5 coverage includes the days on which the desk is open, because tickets are held on other days.

    Adds a fault if a policy without `coverage_days` has a desk that does not work Monday to Friday, because then the
    five days cannot be guessed. Warns if the desk works on days outside 24x5 coverage, unless `coverage_days` is set.
    """
    promises = [promise for plan in plans for promise in plan.promises.values()]
    if not (business.is_good and days.is_good) or all(each.coverage is not Coverage.FIVE_DAYS for each in promises):
        return
    desk_days = _desk_days(business.value)
    covered = set(days.value)
    outside = sorted(desk_days.keys() - covered)
    if not outside or (days.is_given and covered <= desk_days.keys()):
        return
    names, place = " and ".join(DAYS_OF_WEEK[day] for day in outside), desk_days[outside[0]]
    if days.is_given:
        days.place.warn(f"leaves out {names}, when the desk is open: a ticket with 24x5 coverage is held then")
    elif covered <= desk_days.keys():
        place.warn(
            f"the desk is open on {names}, when a ticket with 24x5 coverage is held; write coverage_days: mon-fri to "
            "confirm that"
        )
    else:
        place.note(f"the desk is open on {names}, but 24x5 covers Monday to Friday; {_days_to_write(desk_days)}")


def _desk_days(business: Sequence[PlacedSpan]) -> dict[int, Node]:
    """Return the days (Monday is 0) on which business hours begin, or which they cover whole, with their nodes."""
    found: dict[int, Node] = {}
    for placed in business:
        first, end = placed.span.start_minute, placed.span.end_minute
        whole = range(-(-first // _DAY), end // _DAY)
        found |= {day % 7: placed.node for day in (first // _DAY, *whole)}
    return found


def _days_to_write(desk_days: Collection[int]) -> str:
    if len(desk_days) != len(MONDAY_TO_FRIDAY):
        return "write the five days that it covers, like coverage_days: mon-fri"
    return f"write coverage_days: {days_in_yaml(tuple(desk_days))}, or coverage_days: mon-fri if that is meant"


URGENT = "urgent"
"""The name, or an alias, of the impact for which people are paged at every hour."""


def check_urgent(impact: Impact, node: Node) -> None:
    """Add a fault for an urgent impact that does not page, or whose updates pause. node: the impact."""
    if URGENT not in (impact.name, *impact.aliases):
        return
    if not impact.pages:
        descend(node, "pages").note("urgent tickets must page an engineer; write pages: true")
    if impact.pause_while_waiting:
        descend(node, "pause_while_waiting").note(
            "updates of urgent tickets must not pause while waiting for the customer; write pause_while_waiting: false"
        )


def circle_of(plan: SupportPlan, plans: Mapping[str, SupportPlan]) -> tuple[str, ...]:
    """Return the names of the plans in the circle of `faster_than` that starts at this plan; empty if there is none."""
    found = [plan.name]
    while (faster_than := plans[found[-1]].faster_than) in plans and faster_than is not None:
        if faster_than == plan.name:
            return tuple(found)
        if faster_than in found:
            break
        found.append(faster_than)
    return ()


def note_circle(circle: Sequence[str], node: Node) -> None:
    """Add a fault for plans that are each faster than the next, in a circle.

    node: the `faster_than` of the first plan.
    """
    words = " than ".join([*circle, circle[0]])
    node.note(f"goes round in a circle: {words}; delete faster_than from one of them")


def check_faster(fast: SupportPlan, slow: SupportPlan, node: Node) -> None:
    """Add a fault for each impact for which `fast` covers less than `slow`, and for each target that may end later.

    A target of equal length is a fault, too. node: the promises of `fast`.
    """
    for impact in fast.promises.keys() & slow.promises.keys():
        ours, theirs = fast.promises[impact], slow.promises[impact]
        if _WIDTH[ours.coverage] < _WIDTH[theirs.coverage]:
            descend(node, impact, "coverage").note(
                f"{ours.coverage} covers less than {slow.name}'s {theirs.coverage}, but {fast.name} is promised to be "
                f"faster than {slow.name}"
            )
        for metric in Metric:
            _check_cell(fast, slow, impact, metric, descend(node, impact, metric.value))


def _check_cell(fast: SupportPlan, slow: SupportPlan, impact: str, metric: Metric, node: Node) -> None:
    ours, theirs = fast.promises[impact].targets[metric], slow.promises[impact].targets[metric]
    if ours.within >= theirs.within:
        node.note(
            f"{span(ours.within)} is not faster than {slow.name}'s {span(theirs.within)}, but {fast.name} is promised "
            f"to be faster than {slow.name}"
        )
    elif theirs.counting is Counting.CALENDAR and not _counts_always(fast.promises[impact], metric):
        node.note(
            f"counts coverage hours where {slow.name} counts calendar hours, so it may end later, but {fast.name} is "
            f"promised to be faster than {slow.name}; count calendar hours"
        )


def _counts_always(promise: Promise, metric: Metric) -> bool:
    return promise.targets[metric].counting is Counting.CALENDAR or promise.coverage is Coverage.ALWAYS


def check_order(escalation: Escalation, node: Node) -> None:
    """Add a fault for each step with a fixed delay that is out of order, and for a repeat before the last step.

    node: the escalation. Steps with a percentage have a different delay for each target, so `check_in_time` checks
    them.
    """
    fixed = [(number, step) for number, step in enumerate(escalation.steps) if step.after is not None]
    for (_, before), (number, step) in pairwise(fixed):
        place = _step_node(node, number)
        assert step.after is not None and before.after is not None
        if step.after < before.after:
            place.note(f"fires after {span(step.after)}, earlier than a step above it; put the steps in order")
        elif step == before:
            place.note("is the same as the step above it; delete it or give it another time")
    latest = max((step.after for _, step in fixed if step.after is not None), default=timedelta())
    if escalation.repeat_every <= latest:
        descend(node, "repeat_every").note(
            f"the round begins again after {span(escalation.repeat_every)}, before its last step at {span(latest)}; "
            f"write a longer time than that"
        )


def check_in_time(plan: SupportPlan, paging: Sequence[str], escalation: Escalation, node: Node) -> None:
    """Add a fault for each first-reply target that ends before the last step or puts percentage steps out of order.

    paging: the impacts that page engineers. node: the promises of the plan.
    """
    for impact in paging:
        place = descend(node, impact, Metric.FIRST_REPLY.value)
        target = plan.promises[impact].targets[Metric.FIRST_REPLY].within
        if any(step.after_percent is not None for step in escalation.steps):
            _check_percentages(escalation, target, place)
        last = escalation.desk_after + max((step.delay(target) for step in escalation.steps), default=timedelta())
        # A step in the last minute leaves the person no time to reply: at 99% of an hour, the hour is over.
        if target <= _to_the_minute(last):
            place.note(
                f"{span(target)} ends before the last step of the escalation, which fires {span(last)} after a ticket "
                f"comes to the desk; write a longer time, or move desk_after and the steps"
            )


def _to_the_minute(length: timedelta) -> timedelta:
    """Return a length of time, rounded up to whole minutes."""
    return -(-length // _MINUTE) * _MINUTE


def _check_percentages(escalation: Escalation, target: timedelta, place: Node) -> None:
    for number, (before, after) in enumerate(pairwise(escalation.steps), start=1):
        is_fixed = before.after is not None and after.after is not None
        if after.delay(target) < before.delay(target) and not is_fixed:
            place.note(
                f"with {span(target)}, escalation.steps[{number}] fires after {span(after.delay(target))}, earlier "
                f"than the step above it ({span(before.delay(target))}); change the time or the steps"
            )
    last = max(step.delay(target) for step in escalation.steps)
    if escalation.repeat_every <= last and last not in (step.after for step in escalation.steps):
        place.note(
            f"with {span(target)}, the last step fires after {span(last)}, but the round begins again after "
            f"{span(escalation.repeat_every)}; change the time or escalation.repeat_every"
        )


def _step_node(node: Node, number: int) -> Node:
    steps = descend(node, "steps")
    return descend(steps.items[number], "after") if isinstance(steps, ListNode) else steps
