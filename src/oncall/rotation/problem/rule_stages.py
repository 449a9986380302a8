"""Rules with exceptions: a hard rule that is looser around some shifts, as a rule itself.

A duty that an exception touches is left out of the rule as it stands and held by the looser one, together with all
others. So two duties of which either is touched are judged by the looser number, and all others as always.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from oncall.rosters.relaxation import LEAST, Relaxation
from oncall.rosters.roster import RotationRules
from oncall.rotation.problem.problem import Problem
from oncall.rotation.problem.rule_limits import Limit, Rule


@dataclass(frozen=True, slots=True)
class _Stage:
    """A rule as it holds for the duties that none of `unless` touches; None where it asks for nothing any more."""

    rule: Rule | None
    unless: tuple[Relaxation, ...]


@dataclass(frozen=True, slots=True)
class RuleWithExceptions:
    """A rule and its looser stages, the strictest first."""

    rule: Rule
    stages: tuple[_Stage, ...]
    exceptions: tuple[Relaxation, ...]

    @property
    def name(self) -> str:
        """The rule's YAML key."""
        return self.rule.name

    @property
    def text(self) -> str:
        """How a person reads it."""
        return f"{self.rule.text} ({'; '.join(each.text for each in self.exceptions)})"

    def limits(self, problem: Problem) -> Iterator[Limit]:
        """The limits of every stage on the duties that it holds for."""
        for stage in self.stages:
            for limit in stage.rule.limits(problem) if stage.rule is not None else ():
                groups = tuple(kept for group in limit.groups if (kept := _untouched(group, stage.unless, problem)))
                if len(groups) > limit.most:
                    yield replace(limit, groups=groups)


def _untouched(
    group: Sequence[tuple[int, int]], unless: Sequence[Relaxation], problem: Problem
) -> tuple[tuple[int, int], ...]:
    return tuple(
        (engineer, shift)
        for engineer, shift in group
        if not any(each.touches(problem.shifts[shift].day, problem.engineers[engineer].id) for each in unless)
    )


def with_exceptions(
    rules: tuple[Rule, ...], settings: RotationRules, rules_of: Callable[[RotationRules], tuple[Rule, ...]]
) -> tuple[Rule, ...]:
    """The rules, those with exceptions in `settings` replaced by one that has them. `rules_of`: the rules of others."""
    if not settings.relaxed:
        return rules
    return tuple(_with_its_own(rule, settings, rules_of) for rule in rules)


def _with_its_own(rule: Rule, settings: RotationRules, rules_of: Callable[[RotationRules], tuple[Rule, ...]]) -> Rule:
    mine = tuple(each for each in settings.relaxed if each.rule == rule.name)
    if not mine:
        return rule
    # From the strictest value to the loosest: each holds for the duties that nothing looser touches.
    values = sorted({each.value for each in mine if each.value is not None}, reverse=rule.name in LEAST)
    stages = [_Stage(rule, mine)]
    for number, value in enumerate(values):
        looser = rules_of(_set_to(settings, rule.name, value))
        unless = tuple(each for each in mine if each.value in values[number + 1 :])
        stages.append(_Stage(next((each for each in looser if each.name == rule.name), None), unless))
    return RuleWithExceptions(rule, tuple(stages), mine)


def _set_to(settings: RotationRules, name: str, value: int) -> RotationRules:
    number: Any = {name: value}
    return replace(settings, relaxed=(), **number)
