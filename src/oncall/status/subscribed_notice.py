"""Notices to subscribers: one for each update of an incident and each step of a maintenance."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from oncall.errors import Refused
from oncall.status.component_changes import ComponentChange, changes_of
from oncall.status.component_states import ComponentState, IncidentState
from oncall.status.incidents import Incident, Maintenance
from oncall.status.status_entries import Entry, entry_of
from oncall.status.status_events import StatusEvent, StatusEventKind
from oncall.status.status_record import StatusRecord
from oncall.status.status_words import both_times
from oncall.status.statuspage_json import is_public
from oncall.support.status_file import StatusPage
from oncall.support.wording import full_time, short_time

MOST_COMPONENTS = 100


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice to subscribers about one event of the status page.

    seq: the number of the event. title, names, time: for an SMS: the title, the names of the public components, and
    when the event takes effect. components: the ids of the components that the notice is about. link: an address, or a
    path if the page has no address. changes: the components whose state the event changed.
    """

    seq: int
    subject: str
    text: str
    title: str
    names: tuple[str, ...]
    time: str
    components: tuple[str, ...]
    link: str
    about: Incident | Maintenance
    changes: tuple[ComponentChange, ...]


def notice_of(event: StatusEvent, record: StatusRecord) -> Notice | None:
    """Return the notice about an event; None if the event is no news for readers, or is not public."""
    subject, seq = _told_by(event, record)
    entry = entry_of(record, subject.id, seq) if subject is not None else None
    if subject is None or entry is None or not is_public(subject, record):
        return None
    facts = _facts(subject, seq, entry, record)
    named = f"Components: {', '.join(facts.stated)}"
    lines = [entry.title, "", f"{facts.label}: {facts.time}", *([named] if facts.stated else [])]
    if entry.body:
        lines += ["", entry.body]
    return Notice(
        event.seq,
        f"[{record.page.name}] {entry.title}",
        "\n".join(lines),
        entry.title,
        facts.names,
        facts.short_time,
        entry.components,
        entry.link,
        subject,
        changes_of(event, subject, seq, record),
    )


def _told_by(event: StatusEvent, record: StatusRecord) -> tuple[Incident | Maintenance | None, int]:
    """Return the incident or maintenance of an event, and the number of the update that reports the event.

    The first is None if the event concerns no public incident or maintenance.
    """
    if event.kind is StatusEventKind.OBSERVED:
        # An observation ends an incident about which only machines have reported.
        public = [each for each in record.incidents if each.updates[0].written_at <= event.written_at]
        ended = [each for each in public if any(update.seq == event.seq for update in each.updates)]
        return (ended[0] if ended else None), event.seq
    if event.kind is StatusEventKind.PROPOSED:
        return None, event.seq
    known: list[Incident | Maintenance] = [*record.incidents, *record.maintenances]
    subject = next((each for each in known if each.id == event.subject), None)
    if isinstance(subject, Incident) and event.kind in (StatusEventKind.PUBLISHED, StatusEventKind.APPEARED):
        # A late notice tells the present state, because the incident may be over already.
        said = [update.seq for update in subject.updates if update.seq <= event.seq]
        return subject, said[-1] if said else event.seq
    return subject, event.seq


def wants(chosen: Iterable[str], notice: Notice, page: StatusPage) -> bool:
    """Return True if a subscriber who chose these components and groups gets a notice.

    An empty choice means everything.
    """
    names = set(chosen)
    return not names or any(wants_component(names, each, page) for each in notice.components)


def wants_component(chosen: Iterable[str], component: str, page: StatusPage) -> bool:
    """Return True if a subscriber who chose these components and groups gets news of a component.

    A group means the components that it has now. An empty choice means everything.
    """
    names = set(chosen)
    groups = {each.id: each.group for each in page.components}
    return not names or component in names or groups.get(component) in names


def chosen_components(names: Iterable[str], page: StatusPage) -> tuple[str, ...]:
    """Return the ids of components and groups that a reader chose, each once.

    Raises Refused for one that is not public.
    """
    chosen = tuple(dict.fromkeys(name for name in names if name))
    public = [each.id for each in page.public] + [each.id for each in page.groups]
    for name in chosen:
        if name not in public:
            raise Refused(f'there is no component "{name[:40]}" on the status page; the page has {", ".join(public)}')
    return chosen


@dataclass(frozen=True, slots=True)
class _Facts:
    """The time of a notice in words, and the names of its public components. stated: these names with their states."""

    label: str
    time: str
    short_time: str
    names: tuple[str, ...]
    stated: tuple[str, ...]


def _facts(subject: Incident | Maintenance, seq: int, entry: Entry, record: StatusRecord) -> _Facts:
    zone = record.page.zone
    shown = [name for name in subject.components if name in record.shown]
    names = tuple(record.name_of(name) for name in shown)
    if isinstance(subject, Maintenance):
        plan = [each for each in subject.plans if each.seq <= seq][-1]
        start, end = plan.window.start, plan.window.end
        window = f"{both_times(start, zone)} to {both_times(end, zone)}"
        return _Facts("When", window, f"{full_time(start, zone)} to {short_time(end, zone)}", names, names)
    states = _states_after(subject, seq, record)
    stated = tuple(f"{record.name_of(name)} ({states[name].words})" for name in shown if name in states)
    return _Facts("At", both_times(entry.at, zone), short_time(entry.at, zone), names, stated)


def _states_after(incident: Incident, seq: int, record: StatusRecord) -> dict[str, ComponentState]:
    """Return the states, by component id, after the incident's update with this number.

    After its end they are the states of the page, because another open incident may keep a component down.
    """
    states: dict[str, ComponentState] = {}
    for update, new in incident.states_set():
        is_end = update.state is IncidentState.RESOLVED
        states |= {name: record.state_of(name) for name in new if name in record.shown} if is_end else new
        if update.seq == seq:
            break
    return states
