"""The effect that an action would have on the status page, computed on a copy of the log. The log does not change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from oncall.status.component_states import ComponentState
from oncall.status.incidents import Incident, Maintenance
from oncall.status.status_actions import StatusAction, StatusAuthor, act_on_status
from oncall.status.status_events import MonitorLook, PublishedStatusFile, StatusEvent, StatusEventKind, StatusLog
from oncall.status.status_record import StatusRecord, read_status
from oncall.status.statuspage_json import is_public
from oncall.status.top_line import TopLine, shown_line
from oncall.support.status_file import Component


@dataclass(frozen=True, slots=True)
class ComponentChange:
    """A component whose present state an action changes, with the states before and after."""

    component: Component
    before: ComponentState
    after: ComponentState


@dataclass(frozen=True, slots=True)
class StatusEffect:
    """The status page before and after an action. event: the event that the action appends to the log."""

    before: StatusRecord
    after: StatusRecord
    event: StatusEvent

    @property
    def lines(self) -> tuple[TopLine, TopLine]:
        """Return the line at the top of the page before and after the action."""
        return shown_line(self.before), shown_line(self.after)

    @property
    def changes(self) -> list[ComponentChange]:
        """Return the components whose present state changes, in the order of the page."""
        compared = [
            ComponentChange(each, self.before.state_of(each.id), self.after.state_of(each.id))
            for each in self.after.page.components
        ]
        return [each for each in compared if each.before is not each.after]

    @property
    def subject(self) -> Incident | Maintenance | None:
        """Return the incident or maintenance as the page shows it after the action; None if it stays private."""
        known: list[Incident | Maintenance] = [*self.after.incidents, *self.after.maintenances]
        found = next((each for each in known if each.id == self.event.subject), None)
        return found if found is not None and is_public(found, self.after) else None

    @property
    def cuts_short(self) -> bool:
        """Return True if the action ends a maintenance that is in progress."""
        return any(each.id == self.event.subject for each in self.before.running)

    @property
    def is_agreed(self) -> bool | None:
        """Return True if a maintenance is announced early enough to be agreed; None if the action announces none."""
        work = self.subject
        if not isinstance(work, Maintenance) or self.event.kind is StatusEventKind.CANCELLED:
            return None
        return work.plans[-1].at + self.after.page.notice <= work.window.start


def effect_of(
    log: StatusLog, action: StatusAction, author: StatusAuthor, new_id: str, *, until: int | None = None
) -> StatusEffect:
    """Return the effect of an action, without changing the log. Raises the same errors as `act_on_status`.

    until: the number of the last event of the log to consider; None: all events.
    """
    copy = _Copy(log, until)
    before = read_status(copy, author.now)
    act_on_status(copy, action, author, new_id)
    return StatusEffect(before, read_status(copy, author.now), copy.status_events()[-1])


def last_word(events: Sequence[StatusEvent], subject: str) -> StatusEvent | None:
    """Return the latest event of an incident or maintenance; None if there is none. subject: its id."""
    return next((each for each in reversed(events) if each.subject == subject), None)


def says_the_same(one: StatusEvent, other: StatusEvent) -> bool:
    """Return True if both events have the same author and content, whatever their times."""
    return replace(one, at=other.at, written_at=other.written_at, seq=other.seq) == other


class _Copy:
    """A copy of the log: the events of the log, and after them new events that only the copy has."""

    def __init__(self, log: StatusLog, until: int | None) -> None:
        self._log = log
        self._events = [each for each in log.status_events() if until is None or each.seq <= until]

    def status_events(self) -> Sequence[StatusEvent]:
        return self._events

    def add_status_event(self, event: StatusEvent) -> None:
        last = self._events[-1].seq if self._events else 0
        self._events.append(replace(event, seq=last + 1))

    def lock_status_log(self) -> None:
        """Do nothing, because no other process sees the copy."""

    def monitor_looks(self) -> Sequence[MonitorLook]:
        return self._log.monitor_looks()

    def note_look(self, look: MonitorLook) -> None:
        """Do nothing, because a person's action causes no look."""

    def status_files(self) -> Sequence[PublishedStatusFile]:
        return self._log.status_files()
