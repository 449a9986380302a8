"""Changes of component states. As Statuspage does, webhooks get them in addition to the incident."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from oncall.status.component_states import ComponentState, IncidentState
from oncall.status.incidents import Incident, Maintenance
from oncall.status.status_events import StatusEvent, StatusEventKind
from oncall.status.status_record import StatusRecord, epoch

_OF_MAINTENANCE = (
    StatusEventKind.BEGAN,
    StatusEventKind.ENDED,
    StatusEventKind.CANCELLED,
    StatusEventKind.RESCHEDULED,
)


@dataclass(frozen=True, slots=True)
class ComponentChange:
    """A public component whose state on the status page changed. at: when (aware UTC)."""

    component: str
    before: ComponentState
    after: ComponentState
    at: datetime


def changes_of(
    event: StatusEvent, subject: Incident | Maintenance, seq: int, record: StatusRecord
) -> tuple[ComponentChange, ...]:
    """Return the changes of public components that an event caused on the status page.

    subject: the incident or maintenance of the event. seq: the number of the update that reports the event. If another
    incident keeps a component in a worse state, its shown state does not change, and it is left out.
    """
    at, names = _where(event, subject, seq)
    public = {each.id for each in record.page.public}
    return tuple(_changes(at, [name for name in names if name in public], record)) if at is not None else ()


def _where(event: StatusEvent, subject: Incident | Maintenance, seq: int) -> tuple[datetime | None, tuple[str, ...]]:
    """Return when the event took effect, and the ids of the components that it may change; (None, ()) for none."""
    if isinstance(subject, Maintenance):
        return (event.at if event.kind in _OF_MAINTENANCE else None), subject.components
    for update in subject.updates:
        if update.seq == seq:
            is_first = update is subject.updates[0]
            at = subject.started_at if is_first else max(update.at, subject.started_at)
            is_end = update.state is IncidentState.RESOLVED
            return at, subject.components if is_end else tuple(update.components)
    return None, ()


def _changes(at: datetime, names: list[str], record: StatusRecord) -> Iterator[ComponentChange]:
    for name in names:
        history = record.histories[name]
        second = max(epoch(at), history.first)
        before, after = _shown(history.state_at(second - 1)), _shown(history.state_at(second))
        if before is not after:
            yield ComponentChange(name, before, after, at)


def _shown(state: ComponentState) -> ComponentState:
    # Statuspage knows no gap in the measurements.
    return ComponentState.OPERATIONAL if state is ComponentState.NOT_MEASURED else state
