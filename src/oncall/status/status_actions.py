"""What a person may do on the status page. Each action is checked against the log, and becomes one event in the log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta

from oncall.errors import Conflict, Refused
from oncall.status.component_states import ComponentState, IncidentState, MaintenanceState
from oncall.status.incidents import Incident, Maintenance
from oncall.status.named_states import component_state, incident_state
from oncall.status.proposal_actions import DismissProposal, PublishProposal, dismissed, published
from oncall.status.status_events import StatusEvent, StatusEventKind, StatusLog
from oncall.status.status_record import StatusRecord, read_status
from oncall.status.status_texts import check_years, message_of, reason_of, title_of
from oncall.support.windows import Window
from oncall.support.wording import full_time

UNNAMED = "We are investigating a problem"
"""The title of an incident that was opened from a ticket without a title, because the customer's words stay private."""
_PAST = timedelta(minutes=1)
"""A given time that is further back than this counts as a time in the past."""
_NOW_WITHIN = timedelta(minutes=15)
"""If the start of a maintenance is at most this far back, it counts as now."""


@dataclass(frozen=True, slots=True)
class StatusAuthor:
    """Who acts, when (policy time), and whether they may state past times. request: as in `StatusEvent`."""

    by: str
    now: datetime
    may_backdate: bool
    request: str = ""


@dataclass(frozen=True, slots=True)
class OpenIncident:
    """A new incident. components: the state of each, by id. at: when it began; None: now.

    ticket: the id of the ticket from which it is opened; None: from none. template: the name of a template, which gives
    the title and message that the action lacks.
    """

    title: str | None = None
    components: Mapping[str, str] = field(default_factory=dict)
    message: str | None = None
    at: datetime | None = None
    ticket: str | None = None
    template: str | None = None


@dataclass(frozen=True, slots=True)
class UpdateIncident:
    """An update of an incident. A field that is None changes nothing. at: when it takes effect; None: now."""

    incident: str
    state: str | None = None
    components: Mapping[str, str] = field(default_factory=dict)
    message: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CorrectIncident:
    """A correction of the time at which an incident began."""

    incident: str
    started_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class AnnounceMaintenance:
    """A planned maintenance, or a past one that is recorded now. announced_at: when it was announced; None: now."""

    title: str
    components: tuple[str, ...]
    start: datetime
    end: datetime
    announced_at: datetime | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class RescheduleMaintenance:
    """New times for a maintenance. A time that is None stays as it is."""

    maintenance: str
    start: datetime | None = None
    end: datetime | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class CancelMaintenance:
    """The end of a maintenance before its planned end."""

    maintenance: str
    message: str | None = None


StatusAction = (
    OpenIncident
    | UpdateIncident
    | CorrectIncident
    | PublishProposal
    | DismissProposal
    | AnnounceMaintenance
    | RescheduleMaintenance
    | CancelMaintenance
)


def act_on_status(log: StatusLog, action: StatusAction, author: StatusAuthor, new_id: str) -> str:
    """Check an action, append its event to the log, and return the id of the incident or maintenance.

    new_id: the id for a new one. Raises NotFound, Conflict or Refused; in that case nothing is written.
    """
    check_years(at for each in fields(action) if isinstance(at := getattr(action, each.name), datetime))
    record = read_status(log, author.now)
    event = replace(_event(record, action, author, new_id), request=author.request)
    log.add_status_event(event)
    return event.subject


def _event(record: StatusRecord, action: StatusAction, author: StatusAuthor, new_id: str) -> StatusEvent:
    match action:
        case OpenIncident():
            return _opened(record, action, author, new_id)
        case UpdateIncident():
            return _updated(record, action, author)
        case CorrectIncident():
            return _corrected(record, action, author)
        case PublishProposal():
            return published(record, action, author.by, author.now)
        case DismissProposal():
            return dismissed(record, action, author.by, author.now)
        case AnnounceMaintenance():
            return _announced(record, action, author, new_id)
        case RescheduleMaintenance():
            return _rescheduled(record, action, author)
        case CancelMaintenance():
            return _cancelled(record, action, author)


def _opened(record: StatusRecord, action: OpenIncident, author: StatusAuthor, new_id: str) -> StatusEvent:
    template = record.page.template(action.template) if action.template is not None else None
    title = action.title if action.title is not None or template is None else template.title
    message = action.message if action.message is not None or template is None else template.message
    if title is None and action.ticket is None:
        words = 'an incident needs a title; write one like "Sign-in is slow", or name a ticket'
        raise Refused(f"{words} with --from", on_page=words)
    at = _time(record, action.at, author)
    return StatusEvent(
        new_id,
        StatusEventKind.OPENED,
        at,
        author.now,
        author.by,
        title=title_of(title) if title is not None else UNNAMED,
        state=IncidentState.INVESTIGATING.value,
        components=_states(record, action.components),
        message=message_of(message),
        ticket=action.ticket,
    )


def _updated(record: StatusRecord, action: UpdateIncident, author: StatusAuthor) -> StatusEvent:
    incident = record.incident(action.incident)
    if action.state is None and not action.components and not action.message:
        raise Refused("an update needs a state, a component or a message")
    at = _time(record, action.at, author)
    _check_after_start(record, incident, at)
    state = incident_state(action.state) if action.state is not None else None
    components = _states(record, action.components)
    _check_end(incident, state, components, at)
    return StatusEvent(
        incident.id,
        StatusEventKind.UPDATED,
        at,
        author.now,
        author.by,
        state=state.value if state is not None else "",
        components=components,
        message=message_of(action.message),
    )


def _check_after_start(record: StatusRecord, incident: Incident, at: datetime) -> None:
    if at < incident.started_at:
        began = f"began ({_shown(record, incident.started_at)}); correct its start first"
        raise Refused(
            f"{_shown(record, at)} is before incident {incident.id} {began}: oncall status correct",
            on_page=f"{_shown(record, at)} is before the incident {began}",
        )


def _check_end(incident: Incident, state: IncidentState | None, components: Mapping[str, str], at: datetime) -> None:
    not_operational = [name for name, value in components.items() if value != ComponentState.OPERATIONAL.value]
    if state is not None and state.is_over and not_operational:
        raise Refused(
            f"{state.value} returns every component to operational; leave out {', '.join(not_operational)}, "
            "or write another state",
            on_page=f"{state.value} returns every component to operational; choose no other state for a component, "
            "or another state of the incident",
        )
    ended = incident.resolved_at
    if state is IncidentState.RESOLVED and ended is not None and at >= ended:
        raise Conflict(f"incident {incident.id} is resolved already", on_page="the incident is resolved already")
    if state is IncidentState.POSTMORTEM and (ended is None or at < ended):
        words = "is not resolved yet; a postmortem follows its end"
        raise Refused(f"incident {incident.id} {words}", on_page=f"the incident {words}")
    if state is None and components and ended is not None and at >= ended:
        raise Refused(
            f"incident {incident.id} is resolved; write --state investigating to open it again, or open another one",
            on_page="the incident is resolved; choose the state investigating to open it again, or open another one",
        )


def _corrected(record: StatusRecord, action: CorrectIncident, author: StatusAuthor) -> StatusEvent:
    incident = record.incident(action.incident)
    start, ended = action.started_at.replace(microsecond=0), incident.resolved_at
    if start > author.now:
        raise Refused(f"{_shown(record, start)} is still to come; an incident began in the past")
    if not author.may_backdate:
        raise Refused("only a manager may correct when an incident began")
    if ended is not None and start >= ended:
        words = f"ended at {_shown(record, ended)}; write a start before that"
        raise Refused(f"incident {incident.id} {words}", on_page=f"the incident {words}")
    return StatusEvent(
        incident.id,
        StatusEventKind.CORRECTED,
        author.now,
        author.now,
        author.by,
        reason=reason_of(action.reason),
        start=start,
    )


def _announced(record: StatusRecord, action: AnnounceMaintenance, author: StatusAuthor, new_id: str) -> StatusEvent:
    start, end = action.start.replace(microsecond=0), action.end.replace(microsecond=0)
    if end <= start:
        raise Refused(f"the end, {_shown(record, end)}, is not after the start, {_shown(record, start)}")
    if start < author.now - _NOW_WITHIN and not author.may_backdate:
        raise Refused("only a manager may record maintenance that began in the past")
    at = _time(record, action.announced_at, author)
    if end <= author.now and action.announced_at is None:
        words = f"the maintenance was over at {_shown(record, end)}; to record it, say when it was announced"
        raise Refused(f"{words} (--announced)", on_page=words)
    if not action.components:
        words = "a maintenance needs a component; name one"
        raise Refused(f"{words} with --component", on_page="a maintenance needs a component; choose one")
    for name in action.components:
        record.page.component(name)
    return StatusEvent(
        new_id,
        StatusEventKind.ANNOUNCED,
        at,
        author.now,
        author.by,
        title=title_of(action.title),
        components=dict.fromkeys(action.components, ComponentState.UNDER_MAINTENANCE.value),
        message=message_of(action.message),
        start=start,
        end=end,
    )


def _rescheduled(record: StatusRecord, action: RescheduleMaintenance, author: StatusAuthor) -> StatusEvent:
    maintenance = record.maintenance(action.maintenance)
    if action.start is None and action.end is None:
        words = "name the new start or the new end"
        raise Refused(f"{words}: --start TIME, --end TIME", on_page=words)
    _check_not_over(record, maintenance.id, author)
    window = maintenance.window
    start, end = _new_start(record, maintenance, action.start), (action.end or window.end).replace(microsecond=0)
    if end <= author.now:
        words = f"{_shown(record, end)} is over; cancel the maintenance to end it now"
        raise Refused(f"{words}: oncall status cancel {maintenance.id}", on_page=words)
    if end <= start:
        raise Refused(f"the end, {_shown(record, end)}, is not after the start, {_shown(record, start)}")
    if Window(start, end) == window:
        words = "has these times already"
        raise Refused(f"maintenance {maintenance.id} {words}", on_page=f"the maintenance {words}")
    return StatusEvent(
        maintenance.id,
        StatusEventKind.RESCHEDULED,
        author.now,
        author.now,
        author.by,
        message=message_of(action.message),
        start=start,
        end=end,
    )


def _new_start(record: StatusRecord, maintenance: Maintenance, asked: datetime | None) -> datetime:
    """Return the start that a maintenance has after a change. Raises Refused for a new start in the past."""
    present, now = maintenance.window.start, record.now.replace(microsecond=0)
    start = asked.replace(microsecond=0) if asked is not None else present
    if start >= now or start == present:
        return start
    if present <= now:
        words = f"the maintenance has begun at {_shown(record, present)}; its start does not change any more"
        raise Refused(words)
    if start < now - _NOW_WITHIN:
        raise Refused(f"{_shown(record, start)} is over; write a start from now on")
    return now


def _cancelled(record: StatusRecord, action: CancelMaintenance, author: StatusAuthor) -> StatusEvent:
    if any(each.id == action.maintenance for each in record.incidents):
        raise Refused(
            f"{action.maintenance} is an incident; "
            f"to end it: oncall status update {action.maintenance} --state resolved",
            on_page="this is an incident and not a maintenance; resolve it with an update",
        )
    maintenance = record.maintenance(action.maintenance)
    _check_not_over(record, maintenance.id, author)
    message = message_of(action.message)
    return StatusEvent(maintenance.id, StatusEventKind.CANCELLED, author.now, author.now, author.by, message=message)


def _check_not_over(record: StatusRecord, maintenance_id: str, author: StatusAuthor) -> None:
    state = record.maintenance(maintenance_id).state_at(author.now)
    if state in (MaintenanceState.COMPLETED, MaintenanceState.CANCELLED):
        words = f"is {state.value} already"
        raise Conflict(f"maintenance {maintenance_id} {words}", on_page=f"the maintenance {words}")


def _time(record: StatusRecord, at: datetime | None, author: StatusAuthor) -> datetime:
    """Return the instant at which an event takes effect, in whole seconds. Raises Refused for a wrong time."""
    if at is None:
        return author.now.replace(microsecond=0)
    if at > author.now:
        raise Refused(f"{_shown(record, at)} is still to come; write a time up to now")
    if at < author.now - _PAST and not author.may_backdate:
        raise Refused("only a manager may write a time in the past")
    return at.replace(microsecond=0)


def _states(record: StatusRecord, components: Mapping[str, str]) -> dict[str, str]:
    return {record.page.component(name).id: component_state(value) for name, value in components.items()}


def _shown(record: StatusRecord, at: datetime) -> str:
    return full_time(at, record.page.zone)
