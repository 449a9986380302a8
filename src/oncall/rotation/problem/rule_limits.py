"""The form of a hard rule: a name, a text, and limits on duties. `rules` lists the rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from oncall.rotation.problem.problem import Duty, Problem


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit on duties: a plan may contain duties of at most `most` of these groups.

    A group counts once, however many of its duties the plan contains. weights: how much each group counts, in the unit
    of `most`; empty if each counts 1.
    """

    most: int
    groups: tuple[tuple[Duty, ...], ...]
    weights: tuple[int, ...] = ()

    @property
    def weighted_groups(self) -> tuple[tuple[tuple[Duty, ...], int], ...]:
        """Return each group with its weight."""
        return tuple(zip(self.groups, self.weights or (1,) * len(self.groups), strict=True))

    @property
    def can_be_exceeded(self) -> bool:
        """Return True if all groups together count for more than `most`."""
        return sum(weight for _, weight in self.weighted_groups) > self.most

    @property
    def single(self) -> tuple[Duty, ...] | None:
        """Return the duties, if every group consists of exactly one; otherwise None."""
        return tuple(group[0] for group in self.groups) if all(len(group) == 1 for group in self.groups) else None


class Rule(Protocol):
    """A hard rule. name: its key in the roster. text: the rule with its number, for messages."""

    @property
    def name(self) -> str: ...

    @property
    def text(self) -> str: ...

    def limits(self, problem: Problem) -> Iterator[Limit]:
        """Yield the limits that the rule puts on the duties of a problem. No limit contains another one."""
        ...
