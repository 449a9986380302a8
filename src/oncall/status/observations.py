"""Machines' observations of a component (up, down or silent), and the spells that follow from them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from oncall.status.status_events import MonitorLook, StatusEvent, StatusEventKind

MONITOR = "monitor"
"""The author of the observations of `oncall monitor`."""
_OF_MONITOR = ""
"""The key of the monitor's own observations. Those of an alert have the key of the alert."""


class Seen(StrEnum):
    """The result of a machine's observation."""

    UP = "up"
    DOWN = "down"
    SILENT = "silent"
    """The state is unknown: the exporter gave no answer, or the monitor did not look."""


@dataclass(frozen=True, slots=True)
class Spell:
    """A span in which what the machines say of a component stays the same. end: None while it lasts.

    seen: DOWN while any machine reports that; UP while the monitor does; else SILENT. has_recovered: no machine's
    latest report other than silence is DOWN. word: the observation that began the spell.
    """

    start: datetime
    end: datetime | None
    seen: Seen
    has_recovered: bool
    word: StatusEvent


def observations(events: Iterable[StatusEvent], looks: Iterable[MonitorLook], now: datetime) -> list[StatusEvent]:
    """Return all observations, and a silence for each component whose monitor gave no look in time before `now`."""
    found = [event for event in events if event.kind is StatusEventKind.OBSERVED]
    return found + [_silence(look, found) for look in looks if look.counts_until <= now]


def observations_of(component: str, words: Iterable[StatusEvent]) -> list[StatusEvent]:
    """Return the observations of one component by the time from which they hold."""
    return sorted((word for word in words if word.subject == component), key=lambda word: (word.at, word.seq))


def latest_observations(component: str, words: Iterable[StatusEvent]) -> dict[str, StatusEvent]:
    """Return the latest observation of each source of a component, by the source's key; empty for the monitor."""
    return {word.reason: word for word in observations_of(component, words)}


def spells_of(words: Sequence[StatusEvent]) -> list[Spell]:
    """Return the spells of one component. words: its observations by time."""
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
    """Return when an observation became known: when it was written; for a stopped monitor's silence, its beginning."""
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
