"""The status page as Statuspage v2 JSON, which programs that read status pages understand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TypedDict

from oncall.status.component_states import ComponentState, Impact, IncidentState, MaintenanceState, impact_of, worst
from oncall.status.incidents import Incident, Maintenance, MaintenancePlan, Update
from oncall.status.status_events import StatusEventKind
from oncall.status.status_record import StatusRecord
from oncall.status.status_words import STEP_WORDS
from oncall.status.statuspage_components import Document, components_json, page_id, time_json
from oncall.status.top_line import top_line

MOST_LISTED = 50
DOCUMENTS = frozenset(
    {
        "status.json",
        "summary.json",
        "components.json",
        "incidents.json",
        "incidents/unresolved.json",
        "scheduled-maintenances.json",
        "scheduled-maintenances/upcoming.json",
        "scheduled-maintenances/active.json",
    }
)
"""The paths of all JSON documents below `/api/v2/`."""
_STEP_STATES = {StatusEventKind.BEGAN: "in_progress", StatusEventKind.ENDED: "completed"}
"""The state that Statuspage shows for a maintenance after each step. Statuspage has no update for a reminder."""


class AffectedComponent(TypedDict):
    """A component that an update changed, with its state before and after."""

    code: str
    name: str
    old_status: str
    new_status: str


def documents(record: StatusRecord) -> dict[str, Document]:
    """Return every JSON document of the Statuspage API, by its path below `/api/v2/`.

    Private components are left out.
    """
    incidents = [each for each in record.incidents if is_public(each, record)]
    newest = [incident_json(each, record) for each in incidents[:MOST_LISTED]]
    unresolved = [incident_json(each, record) for each in incidents if not each.state.is_over]
    work = [maintenance_json(each, record) for each in record.maintenances if is_public(each, record)]
    upcoming = [each for each in work if each["status"] == "scheduled"]
    active = [each for each in work if each["status"] == "in_progress"]
    line = top_line(record)
    page, status = _page(record), {"indicator": line.indicator, "description": line.words}
    components = components_json(record)
    return {
        "status.json": {"page": page, "status": status},
        "summary.json": {
            "page": page,
            "components": components,
            "incidents": unresolved,
            "scheduled_maintenances": [*active, *upcoming],
            "status": status,
        },
        "components.json": {"page": page, "components": components},
        "incidents.json": {"page": page, "incidents": newest},
        "incidents/unresolved.json": {"page": page, "incidents": unresolved},
        "scheduled-maintenances.json": {"page": page, "scheduled_maintenances": work[:MOST_LISTED]},
        "scheduled-maintenances/upcoming.json": {"page": page, "scheduled_maintenances": upcoming},
        "scheduled-maintenances/active.json": {"page": page, "scheduled_maintenances": active},
    }


def incident_json(incident: Incident, record: StatusRecord) -> Document:
    """Return an incident as Statuspage JSON, with its updates, the newest first."""
    monitoring = [each.at for each in incident.updates if each.state is IncidentState.MONITORING]
    body = {
        "status": incident.state.value,
        "monitoring_at": time_json(monitoring[-1], record) if monitoring else None,
        "resolved_at": time_json(incident.resolved_at, record) if incident.resolved_at is not None else None,
        "impact": public_impact(incident, record).value,
        "started_at": time_json(incident.started_at, record),
        "incident_updates": _updates(incident, record),
    }
    created = time_json(incident.updates[0].written_at, record)
    return _shared(incident.id, incident.title, created, incident.updated_at, incident.components, record) | body


def public_impact(incident: Incident, record: StatusRecord) -> Impact:
    """Return the impact of an incident on the components that everyone may see, whatever its impact on private ones."""
    states = (state for update in incident.updates for name, state in update.components.items() if name in record.shown)
    return impact_of(worst(states))


def maintenance_json(maintenance: Maintenance, record: StatusRecord) -> Document:
    """Return a maintenance as Statuspage JSON: the fields of an incident, and its planned times."""
    state = maintenance.state_at(record.now)
    is_over = state in (MaintenanceState.COMPLETED, MaintenanceState.CANCELLED)
    end = maintenance.cancelled.at if maintenance.cancelled is not None else maintenance.window.end
    steps = [*maintenance.plans, *([maintenance.cancelled] if maintenance.cancelled is not None else [])]
    body = {
        "status": "completed" if is_over else state.value,
        "monitoring_at": None,
        "resolved_at": time_json(end, record) if is_over else None,
        "impact": "maintenance",
        "started_at": time_json(maintenance.window.start, record),
        "incident_updates": _maintenance_updates(maintenance, record),
        "scheduled_for": time_json(maintenance.window.start, record),
        "scheduled_until": time_json(maintenance.window.end, record),
    }
    created = time_json(maintenance.plans[0].written_at, record)
    updated = max([steps[-1].at, *(each.at for each in maintenance.steps)])
    return _shared(maintenance.id, maintenance.title, created, updated, maintenance.components, record) | body


def link_to(incident_id: str, record: StatusRecord) -> str:
    """Return the address of an incident's or maintenance's web page; only a path if the page has no address."""
    return f"{record.page.url or ''}/incidents/{incident_id}" if record.page.url else f"/status/incidents/{incident_id}"


def _shared(
    subject: str, title: str, created: str, updated: datetime, components: Iterable[str], record: StatusRecord
) -> dict[str, object]:
    listed = {each["id"]: each for each in components_json(record)}
    return {
        "id": subject,
        "name": title,
        "created_at": created,
        "updated_at": time_json(updated, record),
        "shortlink": link_to(subject, record),
        "page_id": page_id(record.page),
        "components": [listed[name] for name in components if name in listed],
    }


def _updates(incident: Incident, record: StatusRecord) -> list[Document]:
    """Return the updates of an incident, the newest first. Resolved updates say which components became operational."""
    found: list[Document] = []
    states: dict[str, ComponentState] = {}
    for update, new in incident.states_set():
        found.append(_update(incident, update, states, new, record))
        states |= new
    return found[::-1]


def _update(
    incident: Incident,
    update: Update,
    before: Mapping[str, ComponentState],
    new: Mapping[str, ComponentState],
    record: StatusRecord,
) -> Document:
    affected: list[AffectedComponent] = [
        {
            "code": name,
            "name": record.name_of(name),
            "old_status": before.get(name, ComponentState.OPERATIONAL).value,
            "new_status": state.value,
        }
        for name, state in new.items()
        if name in record.shown
    ]
    is_first = update is incident.updates[0]
    # A corrected start may lie after updates that were written before the correction.
    shown_at = incident.started_at if is_first else max(update.at, incident.started_at)
    return _update_shape(
        update.seq, update.state.value, update.message, incident.id, update.written_at, shown_at, affected, record
    )


def _maintenance_updates(maintenance: Maintenance, record: StatusRecord) -> list[Document]:
    """Return the updates of a maintenance, the newest first."""
    plans = [*maintenance.plans, *([maintenance.cancelled] if maintenance.cancelled is not None else [])]
    said = [(each.seq, _maintenance_update(each, maintenance, record)) for each in plans]
    for step in maintenance.steps:
        if step.kind in _STEP_STATES:
            state, words = _STEP_STATES[step.kind], STEP_WORDS[step.kind][1]
            update = _update_shape(step.seq, state, words, maintenance.id, step.written_at, step.at, [], record)
            said.append((step.seq, update))
    return [update for _, update in sorted(said, key=lambda each: each[0], reverse=True)]


def _maintenance_update(plan: MaintenancePlan, maintenance: Maintenance, record: StatusRecord) -> Document:
    is_end = plan is maintenance.cancelled
    state = "completed" if is_end else "scheduled"
    words = plan.message or ("The maintenance was cancelled." if is_end else "")
    return _update_shape(plan.seq, state, words, maintenance.id, plan.written_at, plan.at, [], record)


def _update_shape(
    seq: int,
    state: str,
    body: str,
    subject: str,
    written_at: datetime,
    shown_at: datetime,
    affected: list[AffectedComponent],
    record: StatusRecord,
) -> Document:
    return {
        "id": f"{subject}-{seq}",
        "status": state,
        "body": body,
        "incident_id": subject,
        "created_at": time_json(written_at, record),
        "updated_at": time_json(written_at, record),
        "display_at": time_json(shown_at, record),
        "affected_components": affected or None,
        "deliver_notifications": True,
        "custom_tweet": None,
        "tweet_id": None,
    }


def _page(record: StatusRecord) -> Document:
    page = record.page
    return {
        "id": page_id(page),
        "name": page.name,
        "url": page.url or "",
        "time_zone": page.zone.key,
        "updated_at": time_json(_updated_at(record), record),
    }


def _updated_at(record: StatusRecord) -> datetime:
    """Return when the status page last changed."""
    known = [each for each in record.incidents if is_public(each, record)]
    times = [each.updated_at for each in known if each.updated_at <= record.now]
    for work in (each for each in record.maintenances if is_public(each, record)):
        times += [plan.at for plan in work.plans]
        times += [edge for edge in (work.window.start, work.window.end) if edge <= record.now]
    return max(times, default=min(record.first_published.values()))


def is_public(subject: Incident | Maintenance, record: StatusRecord) -> bool:
    """Return True if everyone may see the incident or maintenance."""
    return record.is_public(subject)
