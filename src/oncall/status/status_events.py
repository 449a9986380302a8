"""The log of the status page: one event for each statement of a person or observation of a machine, with its time of
writing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class StatusEventKind(StrEnum):
    """The kind of an event that a person or a machine caused."""

    OPENED = "opened"
    UPDATED = "updated"
    CORRECTED = "corrected"
    ANNOUNCED = "announced"
    RESCHEDULED = "rescheduled"
    CANCELLED = "cancelled"
    OBSERVED = "observed"
    """A machine observed that a component is up, down or silent."""
    PROPOSED = "proposed"
    """A machine proposes an incident, which is not public yet."""
    PUBLISHED = "published"
    """A person made a proposed incident public."""
    DISMISSED = "dismissed"
    """A person dismissed a proposed incident, because it was none."""
    REMINDED = "reminded"
    """A maintenance begins soon."""
    BEGAN = "began"
    """A maintenance has begun."""
    ENDED = "ended"
    """A maintenance is over."""
    APPEARED = "appeared"
    """A proposed incident published itself."""


@dataclass(frozen=True, slots=True)
class StatusEvent:
    """One event of an incident, a maintenance or a component.

    subject: the id of the incident or maintenance; of an observation, the component. at: when it holds from (aware
    UTC). written_at: when it was written. by: who wrote it. components: the state of each component that the event
    sets, by id; of a maintenance, each component is `under_maintenance`. start, end: of a maintenance; `start` of a
    corrected incident; `end` of a proposal: when it publishes itself. Of an observation, state: `up`, `down` or
    `silent`; reason: the key of the alert, empty for the monitor; start: the last look of a monitor that then stopped.
    seq: its place in the log; the store gives it.
    """

    subject: str
    kind: StatusEventKind
    at: datetime
    written_at: datetime
    by: str
    title: str = ""
    state: str = ""
    components: Mapping[str, str] = field(default_factory=dict)
    message: str = ""
    reason: str = ""
    ticket: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    seq: int = 0


@dataclass(frozen=True, slots=True)
class MonitorLook:
    """The monitor's last look at a component. Times are aware UTC.

    counts_until: without another look before then, the component's state is unknown from then on. recent: the latest
    looks with what each saw (`up`, `down` or `silent`), the oldest first.
    """

    component: str
    looked_at: datetime
    counts_until: datetime
    recent: tuple[tuple[datetime, str], ...] = ()


@dataclass(frozen=True, slots=True)
class PublishedStatusFile:
    """A status file that came with a publication. at: when it was published (aware UTC). zone: of the policy."""

    at: datetime
    text: str
    zone: str


class StatusLog(Protocol):
    """The events of the status page, the last looks of its monitor, and the status files that were published."""

    def status_events(self) -> Sequence[StatusEvent]:
        """Return all events in the order in which they were written."""

    def add_status_event(self, event: StatusEvent) -> None:
        """Append an event."""

    def lock_status_log(self) -> None:
        """Wait for the lock of the log and hold it until the transaction ends, so that two people act in turn."""

    def monitor_looks(self) -> Sequence[MonitorLook]:
        """Return the last look at each component that ever had a monitor, by component."""

    def note_look(self, look: MonitorLook) -> None:
        """Replace the last look at a component."""

    def status_files(self) -> Sequence[PublishedStatusFile]:
        """Return the status file of each publication that had one, the oldest first."""
