"""Requests: which shifts engineers asked to avoid, to have or to share, and how well a plan meets them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from oncall.rosters.roster import Engineer, Request, RequestDirection
from oncall.rotation.problem.eligibility import duty_days
from oncall.rotation.problem.problem import Duty, Problem
from oncall.schedule.plan import Shift


class Pair(NamedTuple):
    """Two engineers, by number, who prefer to work together."""

    one: int
    other: int


@dataclass(frozen=True, slots=True)
class RequestTally:
    """How well a plan meets the requests.

    avoided: how many duties engineers asked to avoid; avoided_taken: how many of these the plan has nevertheless.
    preferred_taken: how many duties in the plan their engineers asked for. together: how many shifts preferred pairs
    have together; None if the roster names no pair.
    """

    avoided_taken: int
    avoided: int
    preferred_taken: int
    together: int | None = None

    @property
    def text(self) -> str:
        """Return one sentence about the kinds of request that were made."""
        parts = [*self._avoided_text(), *self._preferred_text(), *self._together_text()]
        return f"requests: {', '.join(parts) or 'none could be met'}"

    def _avoided_text(self) -> list[str]:
        kept = self.avoided - self.avoided_taken
        if self.avoided == 1:
            return [f"the request to avoid a shift is {'kept' if kept else 'not kept'}"]
        if self.avoided:
            return [f"{kept} of {self.avoided} requests to avoid a shift {'is' if kept == 1 else 'are'} kept"]
        return []

    def _preferred_text(self) -> list[str]:
        if not self.preferred_taken:
            return []
        return [f"{_counted(self.preferred_taken, 'request for a shift is', 'requests for a shift are')} met"]

    def _together_text(self) -> list[str]:
        if self.together is None:
            return []
        return [f"engineers who prefer to work together share {_counted(self.together, 'shift', 'shifts')}"]


def _counted(number: int, one: str, more: str) -> str:
    return f"{number} {one if number == 1 else more}"


def request_matches(request: Request, shift: Shift) -> bool:
    """Return True if a request applies to this shift: by its kind, or by the date or weekday of one of its days."""
    if request.kind is not None:
        return request.kind == shift.kind
    days = duty_days(shift)
    if request.day is not None:
        return request.day in days
    return any(day.weekday() == request.weekday for day in days)


def _directions(engineer: Engineer, shift: Shift) -> list[RequestDirection]:
    """Return the directions (avoid, prefer) of an engineer's requests for a shift.

    A shift on a holiday of the engineer's own is treated as one to avoid.
    """
    found = [each.direction for each in engineer.requests if request_matches(each, shift)]
    if engineer.holidays is not None and any(day in engineer.holidays for day in duty_days(shift)):
        found.append(RequestDirection.AVOID)
    return found


def request_costs(problem: Problem) -> dict[Duty, int]:
    """Return the cost of each requested duty in a plan: above 0 if to be avoided, below 0 if preferred.

    Duties without a request, or whose requests cancel out, are missing. One request costs `requests_weight`; each shift
    that a preferred pair has together costs -1.
    """
    weight = problem.roster.rules.requests_weight
    costs: dict[Duty, int] = {}
    for index, engineer in enumerate(problem.engineers):
        has_requests = bool(engineer.requests or engineer.holidays)
        for number in problem.eligible_shifts[index] if has_requests and weight else ():
            found = _directions(engineer, problem.shifts[number])
            cost = weight * (found.count(RequestDirection.AVOID) - found.count(RequestDirection.PREFER))
            if cost:
                costs[Duty(index, number)] = cost
    return costs


def preferred_pairs(problem: Problem) -> tuple[Pair, ...]:
    """Return the pairs of engineers who prefer to work together (`prefer_together`)."""
    numbers = {engineer.id: index for index, engineer in enumerate(problem.engineers)}
    return tuple(
        Pair(numbers[one], numbers[other])
        for one, other in problem.roster.rules.prefer_together
        if one in numbers and other in numbers
    )


def shared_shifts(pairs: Iterable[Pair], duties: Iterable[Duty]) -> int:
    """Return how many shifts both engineers of a pair have, added up over the pairs."""
    taken = set(duties)
    return sum(
        1 for pair in pairs for engineer, shift in taken if engineer == pair.one and Duty(pair.other, shift) in taken
    )


def tally_requests(costs: Mapping[Duty, int], duties: Iterable[Duty], pairs: Sequence[Pair] = ()) -> RequestTally:
    """Return how well a plan with these duties meets the requests. costs: from `request_costs`."""
    taken = set(duties)
    avoided = {duty for duty, cost in costs.items() if cost > 0}
    preferred = costs.keys() - avoided
    together = shared_shifts(pairs, taken) if pairs else None
    return RequestTally(len(avoided & taken), len(avoided), len(preferred & taken), together)
