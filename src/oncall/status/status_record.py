"""Everything that is known of the status page at one instant: the page, its history, incidents and maintenances."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from oncall.errors import NotFound, Refused
from oncall.status.component_history import ComponentHistory, SecondsSpan, StateSeconds, outside
from oncall.status.component_states import ComponentState, MaintenanceState
from oncall.status.incidents import Incident, Maintenance, incidents_of, maintenances_of
from oncall.status.observations import Seen, observations, observations_of, spells_of
from oncall.status.proposals import Proposal, hindrances_of, proposals_of
from oncall.status.status_events import MonitorLook, PublishedStatusFile, StatusEvent, StatusLog
from oncall.support.status_file import Component, StatusPage, published_page
from oncall.support.windows import Window

NOT_THERE = "this is not on the status page any more; open the page again and choose from it"
NO_PAGE = (
    "no status page is published; name a status file in the policy (status: status.yaml) and publish a plan with it"
)


@dataclass(frozen=True, slots=True)
class Era:
    """A span in which the published status files let the same components count. page: the latest of these files."""

    span: SecondsSpan
    page: StatusPage


@dataclass(frozen=True)
class StatusRecord:
    """The status page as of `now` (policy time, aware UTC).

    page: the published status file. first_published: when each component was first published, by id, including
    components that the page no longer has.
    """

    page: StatusPage
    now: datetime
    first_published: dict[str, datetime]
    incidents: tuple[Incident, ...]
    maintenances: tuple[Maintenance, ...]
    proposals: tuple[Proposal, ...]
    """Every incident that a machine proposed, the newest first. Those that are public are in `incidents`, too."""
    words: tuple[StatusEvent, ...]
    """All observations of components by machines, including the silences of monitors that stopped."""
    monitored: Mapping[str, tuple[SecondsSpan, ...]]
    """The spans in which each component had a monitor, by component id."""
    published: Mapping[str, tuple[SecondsSpan, ...]]
    """The spans in which each component that was ever on the page was there, by component id."""
    eras: tuple[Era, ...]
    """One era for each time that the components that count changed, the oldest first."""
    retired: dict[str, str]
    """The names, by id, of components that only earlier versions of the page had."""
    shown: frozenset[str]
    """The ids of the components that everyone may see.

    Components that only earlier versions of the page had are included, unless they were private in the last of these.
    """

    def incident(self, incident_id: str) -> Incident:
        """Return the incident with this id. Raises NotFound for an unknown id, and Refused for a proposed incident."""
        for each in self.incidents:
            if each.id == incident_id:
                return each
        if any(each.id == incident_id for each in self.proposals):
            raise Refused(
                f"incident {incident_id} is not public; publish it first: oncall status publish {incident_id}",
                on_page="this incident is not public; publish it first",
            )
        words = f'there is no incident "{incident_id[:40]}"'
        raise NotFound(f"{words}; `oncall status list` shows them", on_page=NOT_THERE)

    def proposal(self, incident_id: str) -> Proposal:
        """Return the proposed incident with this id. Raises NotFound for an unknown id."""
        for each in self.proposals:
            if each.id == incident_id:
                return each
        words = f'there is no proposed incident "{incident_id[:40]}"'
        raise NotFound(f"{words}; `oncall status list` shows them", on_page=NOT_THERE)

    def maintenance(self, maintenance_id: str) -> Maintenance:
        """Return the maintenance with this id. Raises NotFound for an unknown id."""
        for each in self.maintenances:
            if each.id == maintenance_id:
                return each
        words = f'there is no maintenance "{maintenance_id[:40]}"'
        raise NotFound(f"{words}; `oncall status list` shows them", on_page=NOT_THERE)

    def is_public(self, subject: Incident | Maintenance) -> bool:
        """Return True if everyone may see an incident or maintenance: it names no component, or a public one."""
        return not subject.components or not self.shown.isdisjoint(subject.components)

    @property
    def now_seconds(self) -> int:
        """Return now in whole seconds since 1970, rounded down."""
        return epoch(self.now)

    @property
    def open_incidents(self) -> list[Incident]:
        """Return the incidents that are not over, the newest first."""
        return [each for each in self.incidents if not each.state.is_over]

    @property
    def running(self) -> list[Maintenance]:
        """Return the maintenances in progress."""
        return [each for each in self.maintenances if each.state_at(self.now) is MaintenanceState.IN_PROGRESS]

    @property
    def upcoming(self) -> list[Maintenance]:
        """Return the maintenances that have not begun, the next one first."""
        found = [each for each in self.maintenances if each.state_at(self.now) is MaintenanceState.SCHEDULED]
        return sorted(found, key=lambda each: each.window.start)

    def state_of(self, component: str) -> ComponentState:
        """Return the present state of a component. component: its id."""
        return self.histories[component].state_at(self.now_seconds)

    def name_of(self, component: str) -> str:
        """Return the name of a component; its id if it was never published."""
        names = {each.id: each.name for each in self.page.components}
        return names.get(component) or self.retired.get(component, component)

    @cached_property
    def histories(self) -> dict[str, ComponentHistory]:
        """Return the history of every component that was ever on the page, by id."""
        return {name: self._history(name) for name in self.first_published}

    @cached_property
    def changed_at(self) -> dict[str, int]:
        """Return when an outage of each component last began or ended, in seconds since 1970, by component id.

        Components without an outage up to now are absent.
        """
        return {
            name: max(edges)
            for name, history in self.histories.items()
            if (edges := [at for each in history.outages for at in (each.start, each.end) if at <= self.now_seconds])
        }

    def _history(self, component: str) -> ComponentHistory:
        # What has not ended lasts through the present second.
        lasting = self.now_seconds + 1
        outages = [
            StateSeconds(epoch(span.start), lasting if span.end is None else epoch(span.end), span.state)
            for incident in self.incidents
            for span in incident.spans_of(component)
        ]
        touching = [each for each in self.maintenances if component in each.components]
        work = [_seconds(span) for each in touching for span in each.spans()]
        agreed = [_seconds(span) for each in touching for span in each.agreed_spans(self.page.notice)]
        first = epoch(self.first_published[component])
        gaps = self._gaps(component, outages)
        return ComponentHistory(component, first, tuple(outages), tuple(work), tuple(agreed), gaps)

    def _gaps(self, component: str, outages: Iterable[SecondsSpan]) -> tuple[SecondsSpan, ...]:
        """Return the spans in which nothing reported the component's state.

        These are the spans in which it was not on the page, and those in which it had a monitor but neither a machine
        nor a person reported a state.
        """
        lasting = self.now_seconds + 1
        whole = SecondsSpan(epoch(self.first_published[component]), lasting)
        absent = tuple(outside([whole], self.published.get(component, ())))
        if component not in self.monitored:
            return absent
        seen = [
            SecondsSpan(epoch(spell.start), lasting if spell.end is None else epoch(spell.end))
            for spell in spells_of(observations_of(component, self.words))
            if spell.seen is not Seen.SILENT
        ]
        return (*absent, *outside(self.monitored[component], [*seen, *outages]))


def read_status(log: StatusLog, now: datetime) -> StatusRecord:
    """Return the status page as of `now` (policy time, aware UTC). Raises Refused if no status page is published."""
    files = [each for each in log.status_files() if each.at <= now] or list(log.status_files())
    if not files:
        raise Refused(NO_PAGE)
    return status_record(files, log.status_events(), now, log.monitor_looks())


def status_record(
    files: Sequence[PublishedStatusFile],
    events: Sequence[StatusEvent],
    now: datetime,
    looks: Sequence[MonitorLook] = (),
) -> StatusRecord:
    """Return the status page that follows from published status files and the events of the log.

    files: at least one, the oldest first. looks: the last look at each component.
    """
    first: dict[str, datetime] = {}
    names: dict[str, str] = {}
    is_shown: dict[str, bool] = {}
    for each in files:
        for component in published_page(each.text, each.zone).components:
            first.setdefault(component.id, each.at)
            names[component.id] = component.name
            is_shown[component.id] = component.is_public
    page = published_page(files[-1].text, files[-1].zone)
    present = {component.id for component in page.components}
    retired = {name: words for name, words in names.items() if name not in present}
    opened, work, words = incidents_of(events), maintenances_of(events), observations(events, looks, now)
    proposals = proposals_of(events, words, hindrances_of(opened, work), now)
    public = [each.incident for each in proposals if each.incident is not None]
    incidents = sorted([*opened, *public], key=lambda each: (each.started_at, each.id), reverse=True)
    lasting = epoch(now) + 1
    on_page = _spans(files, lasting, lambda each: True)
    monitored = _spans(files, lasting, lambda each: each.monitor is not None)
    shown = frozenset(name for name, is_public in is_shown.items() if is_public)
    return StatusRecord(
        page,
        now,
        first,
        tuple(incidents),
        tuple(work),
        tuple(proposals),
        tuple(words),
        monitored,
        on_page,
        tuple(_eras(files, lasting)),
        retired,
        shown,
    )


def _spans(
    files: Sequence[PublishedStatusFile], lasting: int, has: Callable[[Component], bool]
) -> dict[str, tuple[SecondsSpan, ...]]:
    """Return, for each component by id, the spans in which it was on the page and `has` returned True for it.

    Spans that touch are joined. Those that still last end at `lasting` (seconds since 1970).
    """
    found: dict[str, tuple[SecondsSpan, ...]] = {}
    for span, page in _in_force(files, lasting):
        for component in page.components:
            if has(component):
                *before, last = found.get(component.id, (SecondsSpan(span.start, span.start),))
                touches = last.end == span.start
                joined = [SecondsSpan(last.start, span.end)] if touches else [last, span]
                found[component.id] = (*before, *joined)
    return found


def _eras(files: Sequence[PublishedStatusFile], lasting: int) -> list[Era]:
    found: list[Era] = []
    for span, page in _in_force(files, lasting):
        if found and _counted(found[-1].page) == _counted(page):
            span = SecondsSpan(found.pop().span.start, span.end)
        found.append(Era(span, page))
    return found


def _counted(page: StatusPage) -> tuple[object, ...]:
    """Return what decides which components count for the page and for each group, to compare two status files."""
    return page.core, tuple((each.id, each.group) for each in page.public)


def _in_force(files: Sequence[PublishedStatusFile], lasting: int) -> Iterator[tuple[SecondsSpan, StatusPage]]:
    """Yield each status file with the span in which it was the published one. The last span ends at `lasting`."""
    ends = [*(epoch(each.at) for each in files[1:]), lasting]
    for each, end in zip(files, ends, strict=True):
        if epoch(each.at) < end:
            yield SecondsSpan(epoch(each.at), end), published_page(each.text, each.zone)


def epoch(at: datetime) -> int:
    """Return a time as whole seconds since 1970, rounded down."""
    return int(at.timestamp() // 1)


def _seconds(window: Window) -> SecondsSpan:
    return SecondsSpan(epoch(window.start), epoch(window.end))
