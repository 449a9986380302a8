"""The components of a status page in the shape of the Statuspage v2 JSON."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime

from oncall.status.component_states import ComponentState
from oncall.status.status_record import StatusRecord
from oncall.support.status_file import Component, StatusPage

Document = Mapping[str, object]


def page_id(page: StatusPage) -> str:
    """Return the id of the status page for Statuspage's JSON: 12 characters computed from its name."""
    return hashlib.sha256(page.name.encode()).hexdigest()[:12]


def time_json(at: datetime, record: StatusRecord) -> str:
    """Return a time in ISO 8601, with milliseconds and the offset of the status page's time zone."""
    return at.astimezone(record.page.zone).isoformat(timespec="milliseconds")


def components_json(record: StatusRecord) -> list[Document]:
    """Return the groups, each followed by its public components, and then the public components without a group."""
    public = record.page.public
    rows: list[Document] = []
    for group in record.page.groups:
        members = [each for each in public if each.group == group.id]
        if members:
            rows.append(_group_row(group.id, group.name, members, len(rows) + 1, record))
            rows += [_row(each, len(rows) + number, record) for number, each in enumerate(members, 1)]
    alone = [each for each in public if each.group is None]
    return rows + [_row(each, len(rows) + number, record) for number, each in enumerate(alone, 1)]


def _row(component: Component, position: int, record: StatusRecord) -> Document:
    state = record.state_of(component.id)
    shown = ComponentState.OPERATIONAL if state is ComponentState.NOT_MEASURED else state
    return _component_shape(component.id, component.name, shown, component.description, component.group, record) | {
        "position": position,
        "group": False,
    }


def _group_row(group: str, name: str, members: list[Component], position: int, record: StatusRecord) -> Document:
    states = [record.state_of(each.id) for each in members]
    state = max(states, key=lambda each: each.severity)
    shown = ComponentState.OPERATIONAL if state is ComponentState.NOT_MEASURED else state
    row = _component_shape(f"group-{group}", name, shown, None, None, record)
    row["updated_at"] = time_json(max(_changed_at(each.id, record) for each in members), record)
    return row | {"position": position, "group": True, "components": [each.id for each in members]}


def _component_shape(
    component: str,
    name: str,
    state: ComponentState,
    description: str | None,
    group: str | None,
    record: StatusRecord,
) -> dict[str, object]:
    first = _first(component, record)
    return {
        "id": component,
        "name": name,
        "status": state.value,
        "created_at": time_json(first, record),
        "updated_at": time_json(_changed_at(component, record), record),
        "description": description,
        "showcase": True,
        "start_date": first.astimezone(record.page.zone).date().isoformat(),
        "group_id": f"group-{group}" if group is not None else None,
        "page_id": page_id(record.page),
        "only_show_if_degraded": False,
    }


def _first(component: str, record: StatusRecord) -> datetime:
    """Return when a component was first published. For a group, return when the status page was."""
    return record.first_published.get(component, min(record.first_published.values()))


def _changed_at(component: str, record: StatusRecord) -> datetime:
    """Return when the state of a component last changed; if it never did, when the component was first published."""
    return max(_first(component, record), datetime.fromtimestamp(record.changed_at.get(component, 0), UTC))
