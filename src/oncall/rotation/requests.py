"""Soft requests: which duties a person would rather have or not have, and how a plan meets them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from oncall.rosters.roster import Request, Wish
from oncall.rotation.eligibility import duty_days
from oncall.rotation.problem import Duty, Problem
from oncall.schedule.plan import Shift


@dataclass(frozen=True, slots=True)
class RequestTally:
    """How a plan meets the requests: shifts taken against an `avoid`, and shifts taken that a `prefer` asked for."""

    avoided_taken: int
    avoided: int
    preferred_taken: int

    @property
    def text(self) -> str:
        """One sentence for people."""
        against = f"{self.avoided_taken} of {self.avoided} shifts that people asked to avoid are theirs all the same"
        return f"requests: {against}; {self.preferred_taken} shifts went to people who prefer them"


def matches(request: Request, shift: Shift) -> bool:
    """Whether a request speaks of this shift: by one of its dates, by their weekday, or by its kind."""
    if request.kind is not None:
        return request.kind == shift.kind.value
    days = duty_days(shift)
    if request.day is not None:
        return request.day in days
    return any(day.weekday() == request.weekday for day in days)


def price_of_duties(problem: Problem) -> dict[Duty, int]:
    """What each requested duty adds when it is taken: positive where avoided, negative where preferred; none is 0."""
    weight = problem.roster.rules.requests_weight
    prices: dict[Duty, int] = {}
    for index, engineer in enumerate(problem.engineers):
        for number in problem.open_to[index] if engineer.requests and weight else ():
            wishes = [request.wish for request in engineer.requests if matches(request, problem.shifts[number])]
            price = weight * (wishes.count(Wish.AVOID) - wishes.count(Wish.PREFER))
            if price:
                prices[index, number] = price
    return prices


def tally(prices: dict[Duty, int], taken: Iterable[Duty]) -> RequestTally:
    """How the duties taken meet the requests."""
    have = set(taken)
    avoided = {duty for duty, price in prices.items() if price > 0}
    preferred = prices.keys() - avoided
    return RequestTally(len(avoided & have), len(avoided), len(preferred & have))
