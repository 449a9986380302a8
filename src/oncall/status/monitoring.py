"""Turns the monitor's looks into observations: a component changes its state if three of the last five looks agree."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from oncall.status.machine_observations import Observation, record_observations
from oncall.status.observations import MONITOR, Seen, latest_observations
from oncall.status.status_events import MonitorLook, StatusEventKind, StatusLog
from oncall.status.status_record import read_status

LOOKS, NEEDED = 5, 3
LATE = 3
"""If there was no look for this many intervals, the component's state is unknown."""


@dataclass(frozen=True, slots=True)
class Looked:
    """The result of one round of looks. seen: by component id. proposed: the ids of newly proposed incidents."""

    seen: Mapping[str, Seen]
    proposed: Sequence[str]


def monitors_of(log: StatusLog, now: datetime) -> dict[str, str]:
    """Return the address to probe for each component that has a monitor, by component id.

    Raises Refused if no status page is published.
    """
    return {each.id: each.monitor for each in read_status(log, now).page.components if each.monitor is not None}


def note_looks(
    log: StatusLog, seen: Mapping[str, Seen], now: datetime, every: timedelta, new_id: Callable[[], str]
) -> Looked:
    """Record what the monitor saw at `now` (policy time, aware UTC), and propose incidents.

    seen: by component id; components that are no longer on the status page are skipped. every: the time until the next
    look.
    """
    on_page = monitors_of(log, now)
    looks = {look.component: look for look in log.monitor_looks()}
    events = [event for event in log.status_events() if event.kind is StatusEventKind.OBSERVED]
    words: list[Observation] = []
    for component, result in seen.items():
        if component not in on_page:
            continue
        last = latest_observations(component, events).get("")
        said = Seen(last.state) if last is not None else Seen.SILENT
        look, new = judged(looks.get(component), component, result, said, now, every)
        log.note_look(look)
        words += new
    return Looked(seen, record_observations(log, words, now, new_id, also=[name for name in seen if name in on_page]))


def judged(
    before: MonitorLook | None, component: str, result: Seen, said: Seen, now: datetime, every: timedelta
) -> tuple[MonitorLook, list[Observation]]:
    """Return the look to store, and the observations to record.

    before: the last look; None: none. result: what this look saw. said: what the monitor last observed. every: the time
    until the next look.
    """
    words: list[Observation] = []
    recent = before.recent if before is not None else ()
    if before is not None and before.counts_until <= now:
        if said is not Seen.SILENT:
            at, last_look = before.counts_until, before.looked_at
            words.append(Observation(component, Seen.SILENT, at, MONITOR, last_look=last_look))
        said, recent = Seen.SILENT, ()
    recent = (*recent, (now, result.value))[-LOOKS:]
    for state in Seen:
        times = [at for at, each in recent if each == state.value]
        if len(times) >= NEEDED and state is not said:
            words.append(Observation(component, state, times[0], MONITOR))
    return MonitorLook(component, now, now + LATE * every, recent), words
