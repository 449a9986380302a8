"""Soft requests: which duties a person would rather have or not have, and how a plan meets them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from oncall.rosters.roster import Request, Wish
from oncall.rotation.problem.eligibility import duty_days
from oncall.rotation.problem.problem import Duty, Problem
from oncall.schedule.plan import Shift


@dataclass(frozen=True, slots=True)
class RequestTally:
    """How a plan meets the requests: shifts taken against an `avoid`, and shifts taken that a `prefer` asked for."""

    avoided_taken: int
    avoided: int
    preferred_taken: int
    together: int | None = None
    """Shifts on which two people are who should be on together; None when the roster names no such pair."""

    @property
    def text(self) -> str:
        """One sentence for people, of what was asked for alone."""
        kept = self.avoided - self.avoided_taken
        parts = []
        if self.avoided == 1:
            parts.append(f"the wish to avoid a shift is {'kept' if kept else 'not kept'}")
        elif self.avoided:
            parts.append(f"{kept} of {self.avoided} wishes to avoid a shift {'is' if kept == 1 else 'are'} kept")
        if self.preferred_taken:
            met = _counted(self.preferred_taken, "wish for a shift is", "wishes for a shift are")
            parts.append(f"{met} met")
        if self.together is not None:
            parts.append(f"people who should be on together are so on {_counted(self.together, 'shift', 'shifts')}")
        return f"requests: {', '.join(parts) or 'none could be met'}"


def _counted(number: int, one: str, more: str) -> str:
    return f"{number} {one if number == 1 else more}"


def matches(request: Request, shift: Shift) -> bool:
    """Whether a request speaks of this shift: by one of its dates, by their weekday, or by its kind."""
    if request.kind is not None:
        return request.kind == shift.kind.value
    days = duty_days(shift)
    if request.day is not None:
        return request.day in days
    return any(day.weekday() == request.weekday for day in days)


def price_of_duties(problem: Problem) -> dict[Duty, int]:
    """What each requested duty adds when it is taken: positive where avoided, negative where preferred; none is 0.

    A wish counts `requests_weight`, against 1 for a shift that people share who should be on together.
    """
    weight = problem.roster.rules.requests_weight
    prices: dict[Duty, int] = {}
    for index, engineer in enumerate(problem.engineers):
        for number in problem.open_to[index] if engineer.requests and weight else ():
            wishes = [request.wish for request in engineer.requests if matches(request, problem.shifts[number])]
            price = weight * (wishes.count(Wish.AVOID) - wishes.count(Wish.PREFER))
            if price:
                prices[index, number] = price
    return prices


def pairs_of(problem: Problem) -> tuple[tuple[int, int], ...]:
    """The pairs of people who should be on together, by number. A shift that one shares is worth 1."""
    numbers = {engineer.id: index for index, engineer in enumerate(problem.engineers)}
    return tuple(
        (numbers[one], numbers[other])
        for one, other in problem.roster.rules.prefer_together
        if one in numbers and other in numbers
    )


def together(pairs: Iterable[tuple[int, int]], taken: Iterable[Duty]) -> int:
    """How many shifts have both people of a pair, counted for every pair."""
    have = set(taken)
    return sum(1 for one, other in pairs for engineer, number in have if engineer == one and (other, number) in have)


def tally(prices: Mapping[Duty, int], taken: Iterable[Duty], pairs: Sequence[tuple[int, int]] = ()) -> RequestTally:
    """How the duties taken meet the requests."""
    have = set(taken)
    avoided = {duty for duty, price in prices.items() if price > 0}
    preferred = prices.keys() - avoided
    both = together(pairs, have) if pairs else None
    return RequestTally(len(avoided & have), len(avoided), len(preferred & have), both)
