"""What a hard rule is: a name, a text, and limits on duties. `rules` lists the rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from oncall.rotation.problem.problem import Duty, Problem


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit on duties: a plan may contain duties of at most `most` of these groups.

    A group counts once, however many of its duties the plan contains.
    """

    most: int
    groups: tuple[tuple[Duty, ...], ...]

    @property
    def single(self) -> tuple[Duty, ...] | None:
        """Return the duties, if every group consists of exactly one; otherwise None."""
        return tuple(group[0] for group in self.groups) if all(len(group) == 1 for group in self.groups) else None


class Rule(Protocol):
    """A hard rule. `name` is its roster key; `text` names it with its number, for messages."""

    @property
    def name(self) -> str: ...

    @property
    def text(self) -> str: ...

    def limits(self, problem: Problem) -> Iterator[Limit]:
        """Yield the limits that the rule puts on the duties of a problem. No limit contains another."""
        ...
