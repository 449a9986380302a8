"""The status page as JSON for the terminal and the API."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from math import floor
from typing import Annotated, TypedDict
from zoneinfo import ZoneInfo

from oncall.errors import Refused
from oncall.status.component_history import SecondsSpan
from oncall.status.incidents import Incident, Maintenance
from oncall.status.page_uptime import uptime_of_group, uptime_of_page
from oncall.status.proposals import Proposal, ProposalState
from oncall.status.status_record import StatusRecord, epoch
from oncall.status.status_texts import check_years
from oncall.status.top_line import top_line
from oncall.status.uptime import Tally, component_tally, percent
from oncall.support.status_file import StatusPage

PAGE = "page"
"""The name of the whole status page in the uptime figures."""


class UptimeFigures(TypedDict):
    """The uptime of one component, of a group, or of the whole status page. Times are in whole seconds."""

    component: Annotated[str, "Its id, or the group's; `page` for the whole page."]
    seconds: Annotated[int, "Length of the window, cut at now and at the component's publication."]
    measured: Annotated[int, "Seconds with a known state."]
    agreed: Annotated[int, "Measured seconds of maintenance that was announced in time."]
    down: Annotated[int, "Weighted seconds of outages outside agreed maintenance, rounded down."]
    sla: Annotated[str | None, "Percent up of `measured` minus `agreed`, rounded down; null if no second counts."]
    strict: Annotated[str | None, "Percent of `measured` without any outage or maintenance, rounded down."]
    allowed: Annotated[int, "Seconds that may be down under the promise, rounded down."]
    left: Annotated[int, "`allowed` minus `down`; negative when the promise is broken."]


UptimeView = TypedDict(
    "UptimeView",
    {
        "from": Annotated[str, "Start of the window, ISO 8601."],
        "to": Annotated[str, "End of the window, exclusive, cut at now."],
        "promise": Annotated[str, "Promised uptime in percent."],
        "components": list[UptimeFigures],
        "groups": Annotated[list[UptimeFigures], "Of each group with a public component, its worst core component."],
        "page": UptimeFigures,
    },
)
"""The uptime of each component, each group and the page."""


class StatusChangedView(TypedDict):
    """What an action on the status page changed."""

    id: Annotated[str, "Id of the incident or maintenance."]


class ComponentView(TypedDict):
    """One component and its present state."""

    id: str
    name: str
    group: str | None
    state: Annotated[str, "A state of Statuspage, or `not_measured`."]
    core: Annotated[bool, "True if the component counts for the uptime of the page."]
    third_party: bool
    public: bool


class UpdateView(TypedDict):
    """One update of an incident."""

    at: str
    written_at: Annotated[str, "When it was written; later than `at` for an update that was recorded late."]
    by: str
    state: str
    message: str
    components: dict[str, str]


class CorrectionView(TypedDict):
    """A correction of the time at which an incident began."""

    started_at: str
    reason: str
    by: str
    at: str


class IncidentView(TypedDict):
    """One incident."""

    id: str
    title: str
    state: str
    impact: str
    started_at: Annotated[str, "When it began, as corrected."]
    stated_at: Annotated[str, "When it began, as first stated."]
    resolved_at: str | None
    ticket: str | None
    components: list[str]
    updates: Annotated[list[UpdateView], "The oldest first."]
    corrections: list[CorrectionView]


class ProposalView(TypedDict):
    """An incident that a machine proposes. Customers do not see it."""

    id: str
    title: str
    state: Annotated[str, "`proposed`, `recovered` (it was over before it became public) or `dismissed`."]
    component: str
    started_at: Annotated[str, "Since when the component is down."]
    recovered_at: Annotated[str | None, "When it was up again."]
    publishes_at: Annotated[str | None, "When it publishes itself if the component is still down then."]
    reason: Annotated[str, "Why a person dismissed it."]


class MaintenanceView(TypedDict):
    """One maintenance."""

    id: str
    title: str
    state: str
    start: str
    end: str
    announced_at: str
    components: list[str]


class StatusView(TypedDict):
    """The status page as it is now."""

    name: str
    timezone: str
    now: Annotated[str, "The instant at which the page is as shown, ISO 8601."]
    indicator: Annotated[str, "`none`, `minor`, `major`, `critical` or `maintenance`."]
    description: Annotated[str, "The line at the top of the page, in Statuspage's words."]
    components: list[ComponentView]
    incidents: Annotated[list[IncidentView], "Every incident, the newest first."]
    proposals: Annotated[list[ProposalView], "Proposed incidents that are not public, the newest first."]
    maintenances: Annotated[list[MaintenanceView], "Every maintenance, the newest first."]


def status_view(record: StatusRecord) -> StatusView:
    """Return the whole status page as JSON."""
    line, page = top_line(record), record.page
    return {
        "name": page.name,
        "timezone": page.zone.key,
        "now": record.now.isoformat(),
        "indicator": line.indicator,
        "description": line.words,
        "components": [
            {
                "id": each.id,
                "name": each.name,
                "group": each.group,
                "state": record.state_of(each.id).value,
                "core": each.id in page.core,
                "third_party": each.is_third_party,
                "public": each.is_public,
            }
            for each in page.components
        ],
        "incidents": [_incident(each) for each in record.incidents],
        "proposals": [_proposal(each) for each in record.proposals if each.incident is None],
        "maintenances": [_maintenance(each, record) for each in record.maintenances],
    }


def uptime_view(record: StatusRecord, window: SecondsSpan, components: Iterable[str] = ()) -> UptimeView:
    """Return the uptime in a window, which is cut at now. components: the ids to show; empty: all, and the groups.

    Raises NotFound for an id that is not on the status page.
    """
    page, zone = record.page, record.page.zone
    shown = [page.component(name).id for name in components] or [each.id for each in page.components]
    cut = SecondsSpan(window.start, max(window.start, min(window.end, record.now_seconds)))
    return {
        "from": _local(cut.start, zone),
        "to": _local(cut.end, zone),
        "promise": f"{float(page.promise):g}",
        "components": [_figures(name, component_tally(record.histories[name], cut, page), page) for name in shown],
        "groups": [
            _figures(group.id, uptime_of_group(record, group.id, cut), page)
            for group in page.groups
            if not components and any(each.group == group.id for each in page.public)
        ],
        "page": page_figures(uptime_of_page(record, cut), page),
    }


def uptime_between(record: StatusRecord, start: datetime, end: datetime, components: Iterable[str]) -> UptimeView:
    """Return the uptime between two instants (aware UTC), in whole seconds. components: as for `uptime_view`.

    Raises NotFound for a component that is not on the status page, and Refused if `end` is not after `start`.
    """
    check_years((start, end))
    if end <= start:
        raise Refused("the end of the window is not after its start")
    return uptime_view(record, SecondsSpan(epoch(start), epoch(end)), components)


def page_figures(tally: Tally, page: StatusPage) -> UptimeFigures:
    """Return the uptime figures of the whole status page from its tally."""
    return _figures(PAGE, tally, page)


def _figures(name: str, tally: Tally, page: StatusPage) -> UptimeFigures:
    return {
        "component": name,
        "seconds": tally.seconds,
        "measured": tally.measured,
        "agreed": tally.agreed,
        "down": floor(tally.down),
        "sla": percent(tally.sla),
        "strict": percent(tally.strict),
        "allowed": tally.allowed(page.promise),
        "left": tally.left(page.promise),
    }


def _incident(incident: Incident) -> IncidentView:
    return {
        "id": incident.id,
        "title": incident.title,
        "state": incident.state.value,
        "impact": incident.impact.value,
        "started_at": incident.started_at.isoformat(),
        "stated_at": incident.stated_at.isoformat(),
        "resolved_at": incident.resolved_at.isoformat() if incident.resolved_at is not None else None,
        "ticket": incident.ticket,
        "components": list(incident.components),
        "updates": [
            {
                "at": each.at.isoformat(),
                "written_at": each.written_at.isoformat(),
                "by": each.by,
                "state": each.state.value,
                "message": each.message,
                "components": {name: state.value for name, state in each.components.items()},
            }
            for each in incident.updates
        ],
        "corrections": [
            {
                "started_at": each.started_at.isoformat(),
                "reason": each.reason,
                "by": each.by,
                "at": each.written_at.isoformat(),
            }
            for each in incident.corrections
        ],
    }


def _proposal(proposal: Proposal) -> ProposalView:
    is_open = proposal.state is ProposalState.PROPOSED and proposal.due_at is not None
    return {
        "id": proposal.id,
        "title": proposal.title,
        "state": proposal.state.value,
        "component": proposal.component,
        "started_at": proposal.started_at.isoformat(),
        "recovered_at": proposal.recovered_at.isoformat() if proposal.recovered_at is not None else None,
        "publishes_at": proposal.due_at.isoformat() if is_open and proposal.due_at is not None else None,
        "reason": proposal.reason,
    }


def _maintenance(maintenance: Maintenance, record: StatusRecord) -> MaintenanceView:
    return {
        "id": maintenance.id,
        "title": maintenance.title,
        "state": maintenance.state_at(record.now).value,
        "start": maintenance.window.start.isoformat(),
        "end": maintenance.window.end.isoformat(),
        "announced_at": maintenance.plans[-1].at.isoformat(),
        "components": list(maintenance.components),
    }


def _local(second: int, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(second, UTC).astimezone(zone).isoformat()
