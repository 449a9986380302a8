"""A seat: one role of one shift. It is a separate module because published schedules need seats but not plans."""

from __future__ import annotations

from dataclasses import dataclass, field

from oncall.support.windows import Window, WindowKind


@dataclass(frozen=True, slots=True)
class Seat:
    """One role of one shift, and the engineer who has it. It is one row of a plan file.

    team: the name of the other team, for a seat in another team's plan; else empty.
    """

    window: Window
    kind: WindowKind
    role: str
    engineer: str
    team: str = field(default="", compare=False)
