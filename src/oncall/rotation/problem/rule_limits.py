"""What a hard rule is: a name, and limits on the duties of a problem. `rules` has which rules there are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from oncall.rotation.problem.problem import Duty, Problem


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` of the groups may have a duty that is taken; a group counts once, however many of its are."""

    most: int
    groups: tuple[tuple[Duty, ...], ...]

    @property
    def single(self) -> tuple[Duty, ...] | None:
        """The duties, when every group is just one."""
        return tuple(group[0] for group in self.groups) if all(len(group) == 1 for group in self.groups) else None


class Rule(Protocol):
    """A hard rule. `name` is its YAML key; `text` is how a person reads it."""

    @property
    def name(self) -> str: ...

    @property
    def text(self) -> str: ...

    def limits(self, problem: Problem) -> Iterator[Limit]:
        """The limits that this rule puts on the duties of a problem, none of them contained in another."""
        ...
