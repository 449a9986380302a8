"""The bodies of posts to subscribers' webhooks, in the form of Statuspage. Times are in UTC and end in Z."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from oncall.status.component_changes import ComponentChange
from oncall.status.incidents import Incident, Maintenance
from oncall.status.status_events import StatusEventKind
from oncall.status.status_record import StatusRecord
from oncall.status.statuspage_components import Document, components_json, page_id, time_json
from oncall.status.statuspage_json import incident_json, link_to, maintenance_json
from oncall.status.top_line import top_line


def incident_payload(subject: Incident | Maintenance, record: StatusRecord, unsubscribe: str) -> Document:
    """Return the body about one incident or maintenance, with the state of the status page.

    unsubscribe: the address that ends the subscription.
    """
    is_work = isinstance(subject, Maintenance)
    shape = maintenance_json(subject, record) if isinstance(subject, Maintenance) else incident_json(subject, record)
    return _in_utc(
        {
            **_envelope(link_to(subject.id, record), record, unsubscribe),
            "incident": {
                "impact_override": None,
                "backfilled": False,
                "scheduled_for": None,
                "scheduled_until": None,
                "scheduled_remind_prior": is_work and bool(record.page.remind_before),
                "scheduled_reminded_at": _reminded_at(subject, record),
                "scheduled_auto_in_progress": is_work,
                "scheduled_auto_completed": is_work,
                "postmortem_body": None,
                "postmortem_body_last_updated_at": None,
                "postmortem_ignored": False,
                "postmortem_notified_subscribers": False,
                "postmortem_notified_twitter": False,
                "postmortem_published_at": None,
                **shape,
            },
        }
    )


def component_payload(
    change: ComponentChange, update_id: str, link: str, record: StatusRecord, unsubscribe: str
) -> Document:
    """Return the body about the change of one component, with the state of the status page.

    update_id: the id of this change. link: the address of the incident or maintenance that caused it. unsubscribe: the
    address that ends the subscription.
    """
    rows = {each["id"]: each for each in components_json(record)}
    return _in_utc(
        {
            **_envelope(link, record, unsubscribe),
            "component_update": {
                "id": update_id,
                "component_id": change.component,
                "component_type": "Component",
                "old_status": change.before.value,
                "new_status": change.after.value,
                "created_at": time_json(change.at, record),
            },
            # The component is as it was after this change, also when the notice is late.
            "component": {**rows[change.component], "status": change.after.value},
        }
    )


def _envelope(link: str, record: StatusRecord, unsubscribe: str) -> dict[str, object]:
    line = top_line(record)
    return {
        "meta": {"unsubscribe": unsubscribe, "documentation": link, "generated_at": time_json(record.now, record)},
        "page": {
            "id": page_id(record.page),
            "status_indicator": line.indicator,
            "status_description": line.words,
        },
    }


def _reminded_at(subject: Incident | Maintenance, record: StatusRecord) -> str | None:
    if isinstance(subject, Incident):
        return None
    times = [each.at for each in subject.steps if each.kind is StatusEventKind.REMINDED]
    return time_json(times[-1], record) if times else None


def _in_utc(document: Mapping[str, object]) -> Document:
    """Return a JSON document with every time converted to UTC."""
    return {name: _value_in_utc(name, value) for name, value in document.items()}


def _value_in_utc(name: str, value: object) -> object:
    if isinstance(value, Mapping):
        return _in_utc(value)
    if isinstance(value, list):
        return [_value_in_utc(name, each) for each in value]
    if isinstance(value, str) and (name.endswith("_at") or name in ("scheduled_for", "scheduled_until")):
        at = datetime.fromisoformat(value).astimezone(UTC)
        return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return value
