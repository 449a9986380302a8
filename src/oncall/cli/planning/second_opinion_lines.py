"""Prints the second solver's results: a line for each stage after the cost, then one for the cost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fractions import Fraction

    from oncall.rotation.check.second_opinion import SecondOpinion, StageOpinion

_CLAIMS = {
    "requests": "no plan as fair meets the requests better",
    "totals": "no plan as fair has more even totals over all kinds",
    "points": "no plan as fair has more even points",
    "clumps": "no plan as fair has smaller clumps",
}
_BETTER = {
    "requests": "meets the requests better",
    "totals": "has more even totals over all kinds",
    "points": "has more even points",
    "clumps": "has smaller clumps",
}
_MEASURES = {
    "requests": "weight of the requests",
    "totals": "unevenness",
    "points": "squared distances from the shares",
    "clumps": "shifts from the share in four weeks",
}


def opinion_lines(opinion: SecondOpinion) -> Iterator[str]:
    """Yield a line for each stage of the planner, with the second solver's result, and one for the cost at the end."""
    for stage in opinion.stages:
        yield _stage_line(stage)
    yield _cost_line(opinion)


def _stage_line(stage: StageOpinion) -> str:
    name, claim, measure = stage.name, _CLAIMS[stage.name], _MEASURES[stage.name]
    took = _seconds(stage.seconds)
    if stage.is_optimal:
        return f"{name}: HiGHS proves that {claim} ({measure}: {_figure(stage.value)}; {took})"
    if stage.bound is None:
        return f"{name}: the time was up before HiGHS found a bound; give it a longer --time-limit"
    bound = f"no such plan has less than {_figure(stage.bound)}"
    if stage.is_beaten and stage.best is not None:
        found = f"{_figure(stage.best)} instead of {_figure(stage.value)}"
        return f"{name}: HiGHS found a plan as fair that {_BETTER[name]} ({measure}: {found}; {bound}; {took})"
    value = f"{measure}: {_figure(stage.value)}"
    return f"{name}: HiGHS found no better plan, and no proof that there is none ({value}; {bound}; {took})"


def _figure(value: Fraction) -> str:
    return str(value) if value.denominator == 1 else f"{float(value):.2f}"


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 0.05 else "under 0.1 s"


def _cost_line(opinion: SecondOpinion) -> str:
    """Return a sentence with the second solver's bound on the cost of a plan."""
    seconds = _seconds(opinion.seconds)
    without = f", {' and '.join(opinion.left_out)} left out" if opinion.left_out else ""
    if opinion.is_optimal:
        return f"HiGHS, another solver, proves it too: no plan costs less than {opinion.bound} ({seconds}{without})"
    if opinion.bound <= 0 < opinion.cost:
        return f"HiGHS, another solver, found no bound in {seconds}{without}; give it a longer --time-limit"
    known = (
        f"; it found one that costs {opinion.best}" if opinion.best is not None and opinion.best < opinion.cost else ""
    )
    proven = f"HiGHS, another solver, proves that no plan costs less than {opinion.bound}"
    return f"{proven}; this one costs {opinion.cost}{known} ({seconds}{without})"
