"""One broken rule of a plan."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule. rule: its key in the roster file, or coverage, shifts, engineers, one_role or fairness.

    day: the local date of the shift, or of the first day of the week or month. people: ids of the engineers. sentence:
    what is wrong, without the name of the rule.
    """

    rule: str
    day: date
    people: tuple[str, ...]
    sentence: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.sentence}"
