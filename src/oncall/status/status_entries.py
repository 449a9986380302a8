"""The updates of incidents and maintenances as entries of a feed, one for each update."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from oncall.status.component_states import ComponentState
from oncall.status.incidents import Incident, Maintenance
from oncall.status.status_record import StatusRecord
from oncall.status.status_words import STEP_WORDS
from oncall.status.statuspage_components import page_id
from oncall.status.statuspage_json import is_public, link_to

MOST_ENTRIES = 50


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a feed. id: never changes. link: to the web page of its incident or maintenance.

    changes: in words, the states that the update gave to public components.
    """

    id: str
    title: str
    at: datetime
    body: str
    link: str
    components: tuple[str, ...]
    changes: str = ""


def entries(record: StatusRecord, component: str | None = None) -> list[Entry]:
    """Return the newest entries of the feed, the newest first.

    component: only those about this component; None: all.
    """
    found = [entry for each in record.incidents if is_public(each, record) for entry in _of_incident(each, record)]
    found += [entry for each in record.maintenances if is_public(each, record) for entry in _of_work(each, record)]
    if component is not None:
        found = [entry for entry in found if component in entry.components]
    return sorted(found, key=lambda entry: (entry.at, entry.id), reverse=True)[:MOST_ENTRIES]


def entry_of(record: StatusRecord, subject: str, seq: int) -> Entry | None:
    """Return the entry for one event of an incident or maintenance; None if the event has no entry.

    subject: the id of the incident or maintenance. seq: the number of the event.
    """
    found = [entry for each in record.incidents if each.id == subject for entry in _of_incident(each, record)]
    found += [entry for each in record.maintenances if each.id == subject for entry in _of_work(each, record)]
    return next((entry for entry in found if entry.id == _id(record, subject, seq)), None)


def _of_incident(incident: Incident, record: StatusRecord) -> list[Entry]:
    return [
        Entry(
            _id(record, incident.id, update.seq),
            f"{update.state.value.capitalize()}: {incident.title}",
            update.at,
            update.message,
            link_to(incident.id, record),
            incident.components,
            "; ".join(f"{name}: {state.words.lower()}" for name, state in shown_states(record, states)),
        )
        for update, states in incident.states_set()
    ]


def shown_states(record: StatusRecord, states: Mapping[str, ComponentState]) -> list[tuple[str, ComponentState]]:
    """Return the names and states of those components that everyone may see. states: by component id."""
    return [(record.name_of(each), state) for each, state in states.items() if each in record.shown]


def _of_work(maintenance: Maintenance, record: StatusRecord) -> list[Entry]:
    steps = [(plan, "Maintenance" if number == 0 else "New times") for number, plan in enumerate(maintenance.plans)]
    if maintenance.cancelled is not None:
        steps.append((maintenance.cancelled, "Cancelled"))
    said = [(plan.seq, plan.at, word, plan.message) for plan, word in steps]
    said += [(each.seq, each.at, *STEP_WORDS[each.kind]) for each in maintenance.steps]
    return [
        Entry(
            _id(record, maintenance.id, seq),
            f"{word}: {maintenance.title}",
            at,
            message,
            link_to(maintenance.id, record),
            maintenance.components,
        )
        for seq, at, word, message in said
    ]


def _id(record: StatusRecord, subject: str, seq: int) -> str:
    return f"urn:oncall:{page_id(record.page)}:{subject}:{seq}"
