"""Describes a repair in sentences: what changed, what it costs, and what more changes would improve."""

from __future__ import annotations

from oncall.rotation.repair.repair_result import ChangeOption, Repair, RequestOutcome, UnpricedChanges
from oncall.schedule.plan import Plan

_MOST_NAMED = 5
"""With more options than this, the line that says how to choose one names only the last."""


def repair_story(found: Repair) -> list[str]:
    """Return sentences about what a repair changed and what that costs."""
    plan = found.plan
    assert plan.fairness is not None
    cost = plan.fairness.cost
    lines = [_changes_line(found)]
    if found.moved_shifts:
        shifts = "1 shift has" if found.moved_shifts == 1 else f"{found.moved_shifts} shifts have"
        lines.append(f"{shifts} new hours; engineers keep their seats where the rules allow")
    if found.new_seats:
        lines.append(f"{_seats(len(found.new_seats))} of new shifts are filled")
    proof = (
        "no plan with as few changes costs less" if found.best_is_proven else "a plan with as few changes may cost less"
    )
    lines.append(f"cost {found.cost_before} -> {cost}; {proof}")
    if found.requests is not None:
        lines.append(_requests_line(found.requests, plan))
    lines += _option_lines(found, cost)
    lines.append(_bound_line(found, cost, plan.fairness.bound))
    if plan.clumps is not None:
        lines.append(plan.clumps.text)
    return lines


def _changes_line(found: Repair) -> str:
    changed = len(found.changes)
    allowed = f" ({found.allowed} were allowed)" if found.allowed > changed else ""
    fewest = "the fewest possible" if found.fewest_is_proven else "fewer may be enough"
    if changed > found.fewest:
        fewest = f"{found.fewest} would be {'the fewest possible' if found.fewest_is_proven else 'enough'}"
    frozen = f"; {_seats(found.frozen)} kept by --freeze" if found.frozen else ""
    return f"repaired from {found.plan.kept_until}: {_seats(changed)} changed{allowed}, {fewest}{frozen}"


def _bound_line(found: Repair, cost: int, bound: int) -> str:
    """Return what the plan's bound means. cost: of the repaired plan."""
    kept = f"with the shifts before {found.plan.kept_until} as they are"
    which = "however many seats change" + (", even frozen ones" if found.frozen else "")
    if cost == bound:
        return f"optimal: {kept}, no plan costs less, {which}"
    return f"feasible: {kept}, no plan costs less than {bound}, {which}"


def _option_lines(found: Repair, cost: int) -> list[str]:
    """Return a line for each option, how to choose one, and the numbers of changes that are not priced.

    cost: of the repaired plan.
    """
    lines = [_option_line(option, cost) for option in found.options]
    if len(found.options) > _MOST_NAMED:
        lines.append(f"choose one of these numbers with --changes, like --changes {found.options[-1].more_changes}")
    elif found.options:
        lines.append(f"choose with {_or([f'--changes {option.more_changes}' for option in found.options])}")
    lines += [_unpriced_line(each) for each in found.unpriced]
    if found.options and not found.unpriced:
        lines.append("other numbers of changes lower the cost no further")
    return lines


def _option_line(option: ChangeOption, cost: int) -> str:
    return f"{_further(option.more_changes)}: cost {cost} -> {option.cost}{'' if option.is_best else ' or less'}"


def _unpriced_line(unpriced: UnpricedChanges) -> str:
    which = f"+{unpriced.first} to +{unpriced.last} changes"
    if unpriced.last is None:
        which = f"{_further(unpriced.first)} or more"
    elif unpriced.last == unpriced.first:
        which = _further(unpriced.first)
    return f"{which}: not fully priced; a plan might cost less, but not less than {unpriced.least_cost}"


def _further(changes: int) -> str:
    return "+1 change" if changes == 1 else f"+{changes} changes"


def _or(words: list[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} or {last}" if others else last


def _requests_line(requests: RequestOutcome, plan: Plan) -> str:
    met = requests.tally.text.removeprefix("requests: ")
    best = "no equally fair plan with as few changes meets more"
    if not requests.is_best:
        best = "an equally fair plan with as few changes may meet more"
    return f"requests from {plan.kept_until} on: {met}; {best}"


def _seats(number: int) -> str:
    return f"{number} seat{'' if number == 1 else 's'}"
