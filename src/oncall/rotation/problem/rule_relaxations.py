"""Relaxed rules: a hard rule and its relaxations for some shifts, treated as one rule.

A duty to which a relaxation applies is left out of the rule's own limits. The limits of the looser rule apply to it,
together with all other duties. So the looser number applies to two duties if a relaxation applies to either of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from oncall.rosters.relaxation import MINIMUM_RULES, Relaxation
from oncall.rosters.relaxed_roster import with_rule_value
from oncall.rosters.roster import RotationRules
from oncall.rotation.problem.problem import Duty, Problem
from oncall.rotation.problem.rule_limits import Limit, Rule


@dataclass(frozen=True, slots=True)
class _Stage:
    """A rule with one of its numbers, for the duties to which none of the relaxations in `unless` applies.

    rule: None if the rule forbids nothing with that number.
    """

    rule: Rule | None
    unless: tuple[Relaxation, ...]


@dataclass(frozen=True, slots=True)
class RelaxedRule:
    """A rule with its own number and its looser ones. stages: one for each number, the strictest first."""

    rule: Rule
    stages: tuple[_Stage, ...]
    relaxations: tuple[Relaxation, ...]

    @property
    def name(self) -> str:
        """Return the rule's key in the roster."""
        return self.rule.name

    @property
    def text(self) -> str:
        """Return the rule with its relaxations, for messages."""
        return f"{self.rule.text} ({'; '.join(each.text for each in self.relaxations)})"

    def limits(self, problem: Problem) -> Iterator[Limit]:
        """Yield the limits of the rule with each of its numbers, the strictest number first.

        Each limit counts only the duties to which no looser relaxation applies.
        """
        for stage in self.stages:
            for limit in stage.rule.limits(problem) if stage.rule is not None else ():
                weighted = ((_untouched(each, stage.unless, problem), weight) for each, weight in limit.weighted_groups)
                left = [(group, weight) for group, weight in weighted if group]
                found = replace(
                    limit,
                    groups=tuple(group for group, _ in left),
                    weights=tuple(weight for _, weight in left) if limit.weights else (),
                )
                if found.can_be_exceeded:
                    yield found


def _untouched(group: Sequence[Duty], relaxations: Sequence[Relaxation], problem: Problem) -> tuple[Duty, ...]:
    """Return the duties of a group to which none of the relaxations applies."""
    return tuple(
        duty
        for duty in group
        if not any(
            each.touches(problem.shifts[duty.shift].day, problem.engineers[duty.engineer].id) for each in relaxations
        )
    )


def with_relaxations(
    rules: tuple[Rule, ...], settings: RotationRules, rules_of: Callable[[RotationRules], tuple[Rule, ...]]
) -> tuple[Rule, ...]:
    """Return the rules; each one for which `settings` has relaxations is replaced by its relaxed form.

    rules_of: returns the rules for other settings.
    """
    if not settings.relaxed:
        return rules
    return tuple(_relaxed(rule, settings, rules_of) for rule in rules)


def _relaxed(rule: Rule, settings: RotationRules, rules_of: Callable[[RotationRules], tuple[Rule, ...]]) -> Rule:
    own = tuple(each for each in settings.relaxed if each.rule == rule.name)
    if not own:
        return rule
    # From the strictest number to the loosest: each holds for the duties that no looser relaxation touches.
    values = sorted({each.value for each in own if each.value is not None}, reverse=rule.name in MINIMUM_RULES)
    stages = [_Stage(rule, own)]
    for place, value in enumerate(values):
        looser = rules_of(replace(with_rule_value(settings, rule.name, value), relaxed=()))
        unless = tuple(each for each in own if each.value in values[place + 1 :])
        stages.append(_Stage(next((each for each in looser if each.name == rule.name), None), unless))
    return RelaxedRule(rule, tuple(stages), own)
