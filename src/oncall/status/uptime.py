"""Uptime in exact seconds: how long a component or the page was down in a window, compared with the promised uptime.

    sla    = 1 - weighted down seconds in (measured - agreed) / (measured - agreed)
    strict = 1 - seconds with an outage or under maintenance in measured / measured

A major outage weighs 1, a partial one the page's `partial_weight`, a degraded component 0. Percentages are exact until
they are printed, rounded down to three decimals.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import floor

from oncall.status.component_history import ComponentHistory, Moment, SecondsSpan, pieces
from oncall.status.component_states import ComponentState
from oncall.support.status_file import StatusPage

_NONE = Fraction(0)
MOST_PIECES = 16
"""If a window has more pieces than this, it is halved, so that not every piece is compared with every span."""


@dataclass(frozen=True, slots=True)
class Tally:
    """The seconds of a window, counted exactly by how they count for the uptime.

    Tallies of neighbouring windows add up.
    seconds: the length of the window from the component's publication on. measured: seconds with a known state. agreed:
    measured seconds of agreed maintenance. down: weighted seconds of outages outside agreed maintenance. affected:
    measured seconds with an outage or under any maintenance. since: when the first component that counts was published,
    in seconds since 1970; None if that was before the window.
    """

    seconds: int = 0
    measured: int = 0
    agreed: int = 0
    down: Fraction = _NONE
    affected: int = 0
    since: int | None = None

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.seconds + other.seconds,
            self.measured + other.measured,
            self.agreed + other.agreed,
            self.down + other.down,
            self.affected + other.affected,
            self.since if self.since is not None else other.since,
        )

    @property
    def counted(self) -> int:
        """Return the seconds that count for the promised uptime: measured, and not agreed maintenance."""
        return self.measured - self.agreed

    @property
    def sla(self) -> Fraction | None:
        """Return the share of the counted seconds that were not down, 0 to 1; None if no second counts."""
        return 1 - self.down / self.counted if self.counted else None

    @property
    def strict(self) -> Fraction | None:
        """Return the share of the measured seconds without outage and maintenance, 0 to 1; None if none is measured."""
        return 1 - Fraction(self.affected, self.measured) if self.measured else None

    def allowed(self, promise: Fraction) -> int:
        """Return how many seconds of downtime the promised uptime allows, rounded down. promise: in percent."""
        return floor((100 - promise) / 100 * self.counted)

    def left(self, promise: Fraction) -> int:
        """Return how many more seconds of downtime the promised uptime allows; negative if it is already missed.

        promise: in percent.
        """
        return self.allowed(promise) - floor(self.down)


def component_tally(history: ComponentHistory, window: SecondsSpan, page: StatusPage) -> Tally:
    """Return the tally of one component in a window. Time before the component was published does not count."""
    return _tally([history], window, page)


def page_tally(histories: Mapping[str, ComponentHistory], window: SecondsSpan, page: StatusPage) -> Tally:
    """Return the tally of the page in a window. At each instant it counts the worst core component."""
    return _tally([histories[name] for name in page.core], window, page)


def group_tally(histories: Mapping[str, ComponentHistory], group: str, window: SecondsSpan, page: StatusPage) -> Tally:
    """Return the tally of a group in a window. At each instant it counts the group's worst core component.

    If the group has no core component, all its components count. Private components do not count.
    """
    members = [each.id for each in page.public if each.group == group]
    core = [name for name in members if name in page.core]
    return _tally([histories[name] for name in core or members], window, page)


def percent(share: Fraction | None) -> str | None:
    """Return a share as text in percent, rounded down to three decimals, like `99.907`; None for None."""
    if share is None:
        return None
    thousandths = floor(share * 100_000)
    return f"{thousandths // 1000}.{thousandths % 1000:03d}"


def _tally(histories: Sequence[ComponentHistory], window: SecondsSpan, page: StatusPage) -> Tally:
    first = min((history.first for history in histories), default=window.end)
    start, since = max(window.start, first), first if histories and window.start < first else None
    if start >= window.end:
        return Tally(since=since)
    cut = SecondsSpan(start, window.end)
    return replace(_sum([history.within(cut) for history in histories], cut, page), since=since)


def _sum(inside: Sequence[ComponentHistory], cut: SecondsSpan, page: StatusPage) -> Tally:
    """Return the sum of the tallies of a window's pieces. Halves a window with more than MOST_PIECES pieces."""
    total, found = Tally(), list(pieces(cut, inside))
    if len(found) > MOST_PIECES:
        middle = found[len(found) // 2].start
        halves = SecondsSpan(cut.start, middle), SecondsSpan(middle, cut.end)
        return sum((_sum([each.within(half) for each in inside], half, page) for half in halves), total)
    for piece in found:
        moments = [history.at(piece.start) for history in inside]
        total += _piece(piece.end - piece.start, [each for each in moments if each.is_measured], page)
    return total


def _piece(seconds: int, measured: Sequence[Moment], page: StatusPage) -> Tally:
    """Return the tally of a piece in which nothing changes.

    measured: the state of each component that is measured then.
    """
    if not measured:
        return Tally(seconds)
    affected = [each for each in measured if each.state is not ComponentState.OPERATIONAL]
    is_agreed = bool(affected) and all(each.is_agreed for each in affected)
    weight = max(_weight(each.outage, page) for each in measured)
    is_affected = weight > 0 or any(each.is_under_maintenance for each in measured)
    return Tally(
        seconds,
        seconds,
        seconds if is_agreed else 0,
        _NONE if is_agreed else weight * seconds,
        seconds if is_affected else 0,
    )


def _weight(state: ComponentState, page: StatusPage) -> Fraction:
    if state is ComponentState.MAJOR:
        return Fraction(1)
    return page.partial_weight if state is ComponentState.PARTIAL else _NONE
