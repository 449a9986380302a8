"""The claims in an imported file (who has which role when), and the parts of the file that could not be read."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from oncall.errors import readable
from oncall.support.windows import Window


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A row of a table or an event of a calendar. number: its number in the file, from 1.

    text: its name in messages.
    """

    number: int
    text: str


@dataclass(frozen=True, slots=True, order=True)
class LeftOut:
    """A part of the file that could not be read, and why."""

    place: Place
    message: str

    def __post_init__(self) -> None:
        # A file that others wrote must neither steer the terminal nor flood it.
        object.__setattr__(self, "message", readable(self.message))

    def __str__(self) -> str:
        return f"{readable(self.place.text)}: {self.message}"


@dataclass(frozen=True, slots=True)
class Claim:
    """A statement of the file that an engineer has a role: in `window`, or on shifts that start on `days`.

    Exactly one of `window` and `days` is set. days: the first and the last date, both included. kind: the kind of the
    shift; None if the file does not name it. is_one_shift: the claim is about exactly one shift, so that it is
    ambiguous if two shifts start on its date.
    """

    place: Place
    role: str
    engineer: str
    window: Window | None = None
    days: tuple[date, date] | None = None
    kind: str | None = None
    is_one_shift: bool = False


@dataclass(slots=True)
class Claims:
    """Every claim of a file. left_out: parts that could not be read.

    notes: decisions for the whole file, as sentences.
    """

    claims: list[Claim] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def leave_out(self, place: Place, message: str) -> None:
        """Record a part of the file that cannot be read, with the reason."""
        self.left_out.append(LeftOut(place, message))

    def note(self, text: str) -> None:
        """Record a decision about the whole file, as a sentence, unless it is already recorded."""
        if text not in self.notes:
            self.notes.append(text)
