"""Claims that the rows of a table or the events of a calendar make, and the parts that could not be read."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from oncall.errors import readable
from oncall.support.windows import Window


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A row of a table or an event of a calendar. number: its place in the file, from 1. text: as messages name it."""

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
    """One engineer has one role: in a window, or for the shifts that start on the dates `days` (both inside).

    kind: the kind of the shift, if the file names it. is_one_shift: the claim is about exactly one shift, so it is
    unclear if two shifts start on its date.
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
    """Every claim of a file. notes: sentences about decisions for the whole file."""

    claims: list[Claim] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def leave_out(self, place: Place, message: str) -> None:
        """Note a part of the file that cannot be read."""
        self.left_out.append(LeftOut(place, message))

    def note(self, text: str) -> None:
        """Add a sentence about the file, once."""
        if text not in self.notes:
            self.notes.append(text)
