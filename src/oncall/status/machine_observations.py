"""Records what machines observe about components in the log, and proposes an incident if a component is down."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from oncall.status.component_states import ComponentState
from oncall.status.observations import MONITOR, Seen, Spell, latest_observations, observations_of, spells_of
from oncall.status.proposals import Proposal, ProposalState
from oncall.status.status_events import StatusEvent, StatusEventKind, StatusLog
from oncall.status.status_record import StatusRecord, read_status
from oncall.support.status_file import LONGEST_TITLE

FURTHEST_BACK = timedelta(days=1)
"""The furthest back that an alert may date the start of an outage. A person can correct it to an earlier time."""
_BEFORE_ALL_MONITORS, _BEFORE_ALL_ALERTS = Seen.SILENT, Seen.UP
"""What a monitor and an alert count as having reported before their first observation."""


@dataclass(frozen=True, slots=True)
class Observation:
    """A machine's observation of a component. at: since when it is true (aware UTC). by: the name of the machine.

    source: the key of an alert; empty for the monitor. last_look: for a monitor that has stopped: its last look.
    """

    component: str
    seen: Seen
    at: datetime
    by: str
    source: str = ""
    last_look: datetime | None = None


def record_observations(
    log: StatusLog, words: Sequence[Observation], now: datetime, new_id: Callable[[], str], also: Iterable[str] = ()
) -> list[str]:
    """Append new observations to the log, and propose an incident for each component that is down without one.

    Returns the ids of the new proposals. words: the observations. also: ids of more components for which to propose an
    incident if they are down. now: policy time, aware UTC. Raises NotFound, and writes nothing, for a component that
    is not on the status page.
    """
    # Of two machines that see the same outage at the same time, one proposes an incident.
    log.lock_status_log()
    page = read_status(log, now).page
    names = {word.component: page.component(word.component).name for word in words}
    for word in words:
        event = _observation(log.status_events(), word, names[word.component], now)
        if event is not None:
            log.add_status_event(event)
    made = []
    for component in dict.fromkeys([*names, *also]):
        proposal = _proposal(read_status(log, now), component, now, new_id)
        if proposal is not None:
            log.add_status_event(proposal)
            made.append(proposal.subject)
    return made


def _observation(events: Sequence[StatusEvent], word: Observation, name: str, now: datetime) -> StatusEvent | None:
    """Return the event that records an observation; None if its source reported the same state before.

    name: the name of the component.
    """
    written = [event for event in events if event.kind is StatusEventKind.OBSERVED]
    last = latest_observations(word.component, written).get(word.source)
    before = Seen(last.state) if last is not None else _BEFORE_ALL_MONITORS if not word.source else _BEFORE_ALL_ALERTS
    if word.seen is before:
        return None
    at = max(word.at, now - FURTHEST_BACK) if word.source else word.at
    at = min(max(at, last.at) if last is not None else at, now)
    return StatusEvent(
        word.component,
        StatusEventKind.OBSERVED,
        at.replace(microsecond=0),
        now,
        word.by,
        state=word.seen.value,
        message=f"{name} is up again." if word.seen is Seen.UP else "",
        reason=word.source,
        start=word.last_look,
    )


def _proposal(record: StatusRecord, component: str, now: datetime, new_id: Callable[[], str]) -> StatusEvent | None:
    """Return an event that proposes an incident; None unless the component is down without an incident or proposal."""
    down_since = _down_since(spells_of(observations_of(component, record.words)))
    spans = [span for incident in record.incidents for span in incident.spans_of(component)]
    if down_since is None or any(span.end is None or now < span.end for span in spans):
        return None
    if any(each.component == component and _covers_present_outage(each) for each in record.proposals):
        return None
    name, page = record.name_of(component), record.page
    return StatusEvent(
        new_id(),
        StatusEventKind.PROPOSED,
        max([down_since, *(span.end for span in spans if span.end is not None)]),
        now,
        MONITOR,
        title=f"Problem with {name}"[:LONGEST_TITLE],
        components={component: ComponentState.MAJOR.value},
        message=f"Our monitoring gets no good answer from {name}. We are looking into it.",
        end=now + page.publish_after if page.publish_after is not None else None,
    )


def _covers_present_outage(proposal: Proposal) -> bool:
    """Return True if the proposal is about an outage that lasts, and it is not public: it waits or was dismissed."""
    is_private = proposal.state in (ProposalState.PROPOSED, ProposalState.DISMISSED)
    return is_private and proposal.recovered_at is None


def _down_since(spells: Sequence[Spell]) -> datetime | None:
    """Return since when the component is down; None if it is not down, or if nothing is known."""
    if not spells or spells[-1].seen is not Seen.DOWN:
        return None
    since = None
    for spell in reversed(spells):
        if spell.has_recovered:
            break
        since = spell.start if spell.seen is Seen.DOWN else since
    return since
