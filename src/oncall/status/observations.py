"""Machines' observations of a component (up, down or silent), and the spells (spans of one result) that they make."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from oncall.status.status_events import MonitorLook, StatusEvent, StatusEventKind

MONITOR = "monitor"
"""The author of the events that `oncall monitor` records."""
_OF_MONITOR = ""
"""The source of the monitor's own observations. Observations of an alert have the key of the alert."""


class Seen(StrEnum):
    """What a machine observed about a component."""

    UP = "up"
    DOWN = "down"
    SILENT = "silent"
    """The state is unknown: the exporter gave no answer, or the monitor did not look."""


@dataclass(frozen=True, slots=True)
class Spell:
    """A span in which the machines' reports about a component stay the same. end: None while it lasts.

    seen: DOWN while any machine reports DOWN; else UP while one reports UP; else SILENT. has_recovered: True if no
    machine's latest report, silence aside, is DOWN. word: the observation that began the spell.
    """

    start: datetime
    end: datetime | None
    seen: Seen
    has_recovered: bool
    word: StatusEvent


def observations(events: Iterable[StatusEvent], looks: Iterable[MonitorLook], now: datetime) -> list[StatusEvent]:
    """Return the observations among the events, and one of silence for each component whose monitor is late at `now`.

    now: policy time, aware UTC.
    """
    found = [event for event in events if event.kind is StatusEventKind.OBSERVED]
    return found + [_silence(look, found) for look in looks if look.counts_until <= now]


def observations_of(component: str, words: Iterable[StatusEvent]) -> list[StatusEvent]:
    """Return the observations of one component, ordered by the time from which they are true."""
    return sorted((word for word in words if word.subject == component), key=lambda word: (word.at, word.seq))


def latest_observations(component: str, words: Iterable[StatusEvent]) -> dict[str, StatusEvent]:
    """Return the latest observation of a component by each source, by the source's key.

    The key of the monitor is empty.
    """
    return {word.reason: word for word in observations_of(component, words)}


def spells_of(words: Sequence[StatusEvent]) -> list[Spell]:
    """Return the spells of one component. words: its observations, ordered by time."""
    said: dict[str, Seen] = {}
    spoken: dict[str, Seen] = {}
    found: list[Spell] = []
    for number, word in enumerate(words):
        said[word.reason] = Seen(word.state)
        if said[word.reason] is not Seen.SILENT:
            spoken[word.reason] = said[word.reason]
        end = words[number + 1].at if number + 1 < len(words) else None
        if end is None or word.at < end:
            has_recovered = Seen.DOWN not in spoken.values()
            found.append(Spell(word.at, end, _together(said), has_recovered, word))
    return found


def known_at(word: StatusEvent) -> datetime:
    """Return when an observation became known: the time at which it was written.

    If it records that a monitor stopped, return the time from which the component's state is unknown.
    """
    return word.at if word.start is not None else word.written_at


def _together(said: dict[str, Seen]) -> Seen:
    if Seen.DOWN in said.values():
        return Seen.DOWN
    return said.get(_OF_MONITOR, Seen.SILENT)


def _silence(look: MonitorLook, words: Sequence[StatusEvent]) -> StatusEvent:
    last = max((word.seq for word in words), default=0)
    return StatusEvent(
        look.component,
        StatusEventKind.OBSERVED,
        look.counts_until,
        look.counts_until,
        MONITOR,
        state=Seen.SILENT.value,
        start=look.looked_at,
        seq=last + 1,
    )
