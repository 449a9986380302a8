"""A seat: one role of one shift. It has a file of its own because published schedules need seats and no plans."""

from __future__ import annotations

from dataclasses import dataclass, field

from oncall.support.windows import Window, WindowKind


@dataclass(frozen=True, slots=True)
class Seat:
    """One role of one shift, and the engineer who holds it. It is a row of the plan file.

    team: for a seat in another team's plan the name of that team; else empty.
    """

    window: Window
    kind: WindowKind
    role: str
    engineer: str
    team: str = field(default="", compare=False)
