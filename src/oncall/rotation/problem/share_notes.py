"""Explains shares in sentences: whose roles limit their share, and why a share can be below 0."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from oncall.rosters.roster import Engineer, Roster
from oncall.rotation.problem.fairness import shifts_of_plan
from oncall.rotation.problem.shares import Shares, shares_of
from oncall.schedule.plan import Plan

_NOTICEABLE = Fraction(1, 20)
"""How far a share must be from an even one to be mentioned, in shifts."""


def share_notes(plan: Plan, roster: Roster, names: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Return a sentence for each group of engineers whose roles raise or lower their share, and each share below 0.

    names: people's names by id, to show instead of the ids; None to show the ids.
    """
    shifts = shifts_of_plan(plan, roster)
    before_balances, shares = shares_of(roster, shifts), shares_of(roster, shifts, plan.balances)
    shown = names or {}
    return (*_limited(roster, before_balances, shown), *_negative(plan, roster, shares, shown))


def share_limits(plan: Plan, roster: Roster) -> dict[str, str]:
    """Return, by engineer id, the reasons why shares are not even, like `limited to secondary`.

    Even ones are missing.
    """
    return {
        who: cause
        for cause, people in _limits(roster, shares_of(roster, shifts_of_plan(plan, roster)))
        for who in people
    }


def _limited(roster: Roster, shares: Shares, names: Mapping[str, str]) -> Iterator[str]:
    for cause, people in _limits(roster, shares):
        each = [
            f"{names.get(who, who)} {float(shares.of_all_kinds(who)):.1f} instead of {float(people[who]):.1f}"
            for who in people
        ]
        amount = "more" if cause.startswith((_TOO_FEW, _SEVERAL)) else "less"
        yield f"{cause}: {amount} than an even share of all shifts for {_joined(each)}"


_TOO_FEW, _SEVERAL = "too few engineers take", "has a share of several kinds of shift,"


def _limits(roster: Roster, shares: Shares) -> Iterator[tuple[str, Mapping[str, Fraction]]]:
    """Yield each reason for uneven shares, with the even share of each engineer that it affects, by id."""
    all_weights = sum(shares.weights.values(), Fraction(0))
    seats = sum(shares.of_all_kinds(engineer.id) for engineer in roster.engineers)
    groups: dict[str, dict[str, Fraction]] = defaultdict(dict)
    for engineer in roster.engineers:
        even = seats * shares.weights[engineer.id] / all_weights if all_weights else Fraction(0)
        difference = shares.of_all_kinds(engineer.id) - even
        if abs(difference) > _NOTICEABLE:
            cause = _cause_of_more(roster, shares, engineer) if difference > 0 else _limit(roster, shares, engineer)
            groups[cause][engineer.id] = even
    yield from groups.items()


def _cause_of_more(roster: Roster, shares: Shares, engineer: Engineer) -> str:
    """Return why an engineer has more than an even share: of what they take, others take less."""
    kinds = [kind for kind in shares.totals if engineer.takes(kind)]
    others = [each for each in roster.engineers if each is not engineer and shares.weights[each.id]]
    own_kind = any(not each.takes(kind) for each in others for kind in kinds)
    if own_kind and len(kinds) > 1:
        return f"{_SEVERAL} {_joined(kinds)}"
    beside = [each for each in others if any(each.takes(kind) for kind in kinds)]
    scarce = [role for role in _roles(roster, engineer) if any(role not in each.roles for each in beside)]
    return f"{_TOO_FEW} {_taken(scarce, kinds if own_kind else ()) or _joined(_roles(roster, engineer))}"


def _limit(roster: Roster, shares: Shares, engineer: Engineer) -> str:
    """Return which roles and kinds of shift an engineer takes, those of which they do not take all."""
    kinds = [kind for kind in shares.totals if engineer.takes(kind)]
    roles = _roles(roster, engineer)
    limiting = roles if len(roles) < len(roster.rules.roles) else ()
    return f"limited to {_taken(limiting, kinds if len(kinds) < len(shares.totals) else ()) or _joined(roles)}"


def _taken(roles: Sequence[str], kinds: Sequence[str]) -> str:
    """Return roles and kinds in words: `secondary`, `apac shifts`, or `secondary on apac shifts`."""
    on = f"{_joined(kinds)} shifts" if kinds else ""
    return " on ".join([*([_joined(roles)] if roles else []), *([on] if on else [])])


def _roles(roster: Roster, engineer: Engineer) -> list[str]:
    return [role for role in roster.rules.roles if role in engineer.roles]


def _negative(plan: Plan, roster: Roster, shares: Shares, names: Mapping[str, str]) -> Iterator[str]:
    served = {(each.engineer, each.kind): each.thousandths / 1000 for each in plan.balances}
    for engineer in roster.engineers:
        for kind in shares.totals:
            share = shares.of(kind, None, engineer.id)
            if share < 0:
                name, more = names.get(engineer.id, engineer.id), served[engineer.id, kind]
                yield (
                    f"before this plan {name} served {more:.2f} {kind} shifts more than their share; this plan cannot "
                    f"make up for all of them: at least {-float(share):.2f} stay in the balance of {name}"
                )


def _joined(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
