"""One way in which a plan breaks a promise."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Violation:
    """`rule` is a key of the roster file where there is one, else coverage, shifts, engineers, one_role or fairness.

    day: the local date it is about. sentence: what is wrong, in words, without the rule's name.
    """

    rule: str
    day: date
    people: tuple[str, ...]
    sentence: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.sentence}"
