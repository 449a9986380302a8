"""The log of the status page: one event for each thing that a person said, with the time of writing beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class StatusEventKind(StrEnum):
    """What a person said."""

    OPENED = "opened"
    UPDATED = "updated"
    CORRECTED = "corrected"
    ANNOUNCED = "announced"
    RESCHEDULED = "rescheduled"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class StatusEvent:
    """One event of an incident or a maintenance.

    subject: the id of the incident or maintenance. at: when it holds from (aware UTC). written_at: when it was written.
    by: who wrote it. components: the state of each component that the event sets, by id; of a maintenance, each
    component is `under_maintenance`. start, end: of a maintenance, or `start` of a corrected incident.
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
class PublishedStatusFile:
    """A status file that came with a publication. at: when it was published (aware UTC). zone: of the policy."""

    at: datetime
    text: str
    zone: str


class StatusLog(Protocol):
    """The events of the status page, and the status files that were published."""

    def status_events(self) -> Sequence[StatusEvent]:
        """Return all events in the order in which they were written."""

    def add_status_event(self, event: StatusEvent) -> None:
        """Append an event."""

    def status_files(self) -> Sequence[PublishedStatusFile]:
        """Return the status file of each publication that had one, the oldest first."""
