"""What subscribers are told: one notice for each update of an incident and each announcement of a maintenance."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from oncall.errors import Refused
from oncall.status.component_states import ComponentState
from oncall.status.incidents import Incident, Maintenance, Update
from oncall.status.status_entries import Entry, entry_of
from oncall.status.status_events import StatusEvent
from oncall.status.status_record import StatusRecord
from oncall.status.status_words import both_times
from oncall.status.statuspage_json import is_public
from oncall.support.status_file import StatusPage

MOST_COMPONENTS = 100


@dataclass(frozen=True, slots=True)
class Notice:
    """What an event of the page tells. components: the ids of those that it is about. link: may be a path."""

    seq: int
    subject: str
    text: str
    components: tuple[str, ...]
    link: str
    about: Incident | Maintenance


def notice_of(event: StatusEvent, record: StatusRecord) -> Notice | None:
    """Return the notice of an event; None for one that tells readers nothing new, or that is not public."""
    known: list[Incident | Maintenance] = [*record.incidents, *record.maintenances]
    subject = next((each for each in known if each.id == event.subject), None)
    entry = entry_of(record, event.subject, event.seq)
    if subject is None or entry is None or not is_public(subject, record):
        return None
    lines = [entry.title, "", *_facts(subject, event.seq, entry, record)]
    if entry.body:
        lines += ["", entry.body]
    return Notice(
        event.seq, f"[{record.page.name}] {entry.title}", "\n".join(lines), entry.components, entry.link, subject
    )


def wants(chosen: Iterable[str], notice: Notice, page: StatusPage) -> bool:
    """Return True if a subscriber who chose these components and groups gets a notice. No choice means everything.

    A group means its components as of now.
    """
    names = set(chosen)
    if not names:
        return True
    groups = {each.id: each.group for each in page.components}
    return any(name in names or groups.get(name) in names for name in notice.components)


def chosen_components(names: Iterable[str], page: StatusPage) -> tuple[str, ...]:
    """Return ids of components and groups that a reader chose, each once. Raises Refused for one that is not public."""
    chosen = tuple(dict.fromkeys(name for name in names if name))
    public = [each.id for each in page.public] + [each.id for each in page.groups]
    for name in chosen:
        if name not in public:
            raise Refused(f'there is no component "{name[:40]}" on the status page; the page has {", ".join(public)}')
    return chosen


def _facts(subject: Incident | Maintenance, seq: int, entry: Entry, record: StatusRecord) -> list[str]:
    zone = record.page.zone
    public = {each.id for each in record.page.public} | set(record.retired)
    shown = [name for name in subject.components if name in public]
    if isinstance(subject, Maintenance):
        plan = next((each for each in subject.plans if each.seq == seq), subject.plans[-1])
        window = f"{both_times(plan.window.start, zone)} to {both_times(plan.window.end, zone)}"
        names = ", ".join(record.name_of(name) for name in shown)
        return [f"When: {window}", *([f"Components: {names}"] if names else [])]
    states = _states_after(subject.updates, seq)
    names = ", ".join(f"{record.name_of(name)} ({states[name].words})" for name in shown if name in states)
    return [f"At: {both_times(entry.at, zone)}", *([f"Components: {names}"] if names else [])]


def _states_after(updates: Iterable[Update], seq: int) -> dict[str, ComponentState]:
    """Return the states that an incident set up to one of its updates, by component id."""
    states: dict[str, ComponentState] = {}
    for update in updates:
        states |= update.components
        if update.seq == seq:
            break
    return states
