"""The history of one component in whole seconds, and its state at any instant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from oncall.status.component_states import ComponentState, worst


@dataclass(frozen=True, slots=True)
class SecondsSpan:
    """A span in whole seconds since 1970; `start` is inside, `end` is not."""

    start: int
    end: int

    def covers(self, at: int) -> bool:
        """Return True if the second is in the span."""
        return self.start <= at < self.end


@dataclass(frozen=True, slots=True)
class StateSeconds(SecondsSpan):
    """A span in which an incident kept the component in a state."""

    state: ComponentState


@dataclass(frozen=True, slots=True)
class Moment:
    """The state of a component in one second.

    outage: the worst state in any open incident; operational if there is none. is_agreed: True in agreed maintenance.
    is_measured: True if a person or a monitor reports the component's state.
    """

    outage: ComponentState
    is_under_maintenance: bool
    is_agreed: bool
    is_measured: bool

    @property
    def state(self) -> ComponentState:
        """Return the state that the status page shows."""
        if not self.is_measured:
            return ComponentState.NOT_MEASURED
        return worst([self.outage, *([ComponentState.UNDER_MAINTENANCE] if self.is_under_maintenance else [])])


@dataclass(frozen=True, slots=True)
class ComponentHistory:
    """The known history of one component, in whole seconds since 1970. Spans may overlap, in any order.

    first: when the component was first published; it is not measured before. gaps: spans in which nothing reported its
    state.
    """

    component: str
    first: int
    outages: tuple[StateSeconds, ...] = ()
    maintenance: tuple[SecondsSpan, ...] = ()
    agreed: tuple[SecondsSpan, ...] = ()
    gaps: tuple[SecondsSpan, ...] = ()

    def at(self, second: int) -> Moment:
        """Return the component's state in one second, and whether that second is measured and agreed maintenance."""
        return Moment(
            worst(span.state for span in self.outages if span.covers(second)),
            _covered(self.maintenance, second),
            _covered(self.agreed, second),
            second >= self.first and not _covered(self.gaps, second),
        )

    def state_at(self, second: int) -> ComponentState:
        """Return the state that the status page shows for one second."""
        return self.at(second).state

    def within(self, window: SecondsSpan) -> ComponentHistory:
        """Return the same history with only the spans that touch the window."""
        return ComponentHistory(
            self.component,
            self.first,
            tuple(span for span in self.outages if _touches(span, window)),
            tuple(span for span in self.maintenance if _touches(span, window)),
            tuple(span for span in self.agreed if _touches(span, window)),
            tuple(span for span in self.gaps if _touches(span, window)),
        )

    def edges(self) -> Iterator[int]:
        """Yield every second at which something in the history begins or ends. A second may come twice."""
        yield self.first
        for span in (*self.outages, *self.maintenance, *self.agreed, *self.gaps):
            yield span.start
            yield span.end


def pieces(window: SecondsSpan, histories: Iterable[ComponentHistory]) -> Iterator[SecondsSpan]:
    """Cut the window at each change of a component, and yield the pieces in order. Within a piece nothing changes."""
    inside = {edge for history in histories for edge in history.edges() if window.covers(edge)}
    edges = sorted({window.start, *inside, window.end})
    for start, end in pairwise(edges):
        yield SecondsSpan(start, end)


def outside(spans: Iterable[SecondsSpan], others: Iterable[SecondsSpan]) -> Iterator[SecondsSpan]:
    """Yield the parts of `spans` that no span of `others` covers. `spans` must be in order and must not overlap."""
    in_order = sorted(others, key=lambda span: span.start)
    for span in spans:
        start = span.start
        for other in in_order:
            if start < other.start < span.end:
                yield SecondsSpan(start, other.start)
            if other.start < span.end:
                start = max(start, other.end)
        if start < span.end:
            yield SecondsSpan(start, span.end)


def _covered(spans: Iterable[SecondsSpan], second: int) -> bool:
    return any(span.covers(second) for span in spans)


def _touches(span: SecondsSpan, window: SecondsSpan) -> bool:
    return span.start < window.end and window.start < span.end
