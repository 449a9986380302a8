"""The log of the status page: an event for each statement of a person and each observation of a machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class StatusEventKind(StrEnum):
    """The kinds of events in the status page's log."""

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
    """A proposed incident became public by itself."""


@dataclass(frozen=True, slots=True)
class StatusEvent:
    """One event about an incident, a maintenance or a component.

    subject: the id of the incident or maintenance; for an observation, the component. at: when it takes effect (aware
    UTC). written_at: when it was written. by: who wrote it. components: the state of each component that the event
    sets, by id; for a maintenance, each is `under_maintenance`. start, end: the times of a maintenance; `start` is also
    the corrected start of an incident, and `end` also the time at which a proposal becomes public by itself. For an
    observation, `state` is `up`, `down` or `silent`, `reason` is the key of the alert (empty for the monitor), and
    `start` is the last look of a monitor that then stopped. seq: the event's number in the log, which the store gives.
    request: the id that a program gave its request, a space, and a digest of the body; empty: no id was given.
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
    request: str = ""


@dataclass(frozen=True, slots=True)
class MonitorLook:
    """The monitor's last look at a component. Times are aware UTC.

    counts_until: if there is no other look by then, the component's state is unknown from then on. recent: the times of
    the latest looks, each with what it saw (`up`, `down` or `silent`), the oldest first.
    """

    component: str
    looked_at: datetime
    counts_until: datetime
    recent: tuple[tuple[datetime, str], ...] = ()


@dataclass(frozen=True, slots=True)
class PublishedStatusFile:
    """A status file that was published with a policy. at: when (aware UTC). zone: the time zone of the policy."""

    at: datetime
    text: str
    zone: str


class StatusLog(Protocol):
    """Stores the events of the status page and the last looks of its monitor, and reads published status files."""

    def status_events(self) -> Sequence[StatusEvent]:
        """Return all events of the status page, in the order in which they were written."""

    def add_status_event(self, event: StatusEvent) -> None:
        """Append an event to the log of the status page."""

    def lock_status_log(self) -> None:
        """Wait for the lock of the log, and keep it until the transaction ends. So actions are checked one by one."""

    def monitor_looks(self) -> Sequence[MonitorLook]:
        """Return the last look at each component that ever had a monitor, ordered by component."""

    def note_look(self, look: MonitorLook) -> None:
        """Store a look at a component. It replaces the last look at this component."""

    def status_files(self) -> Sequence[PublishedStatusFile]:
        """Return the status file of each publication that had one, the oldest first."""
