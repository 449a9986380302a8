"""The present state of the components that only some customers may see."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from oncall.status.component_states import ComponentState
from oncall.status.status_record import StatusRecord
from oncall.status.status_words import both_times


@dataclass(frozen=True, slots=True)
class CustomerComponent:
    """A private component now.

    said: a phrase for each open incident, and for each maintenance that runs or is planned.
    """

    name: str
    state: ComponentState
    said: tuple[str, ...]


def components_of_customer(record: StatusRecord, customer: str) -> list[CustomerComponent]:
    """Return a customer's private components, in the order of the status file.

    Letter case in names makes no difference.
    """
    return [
        CustomerComponent(each.name, record.state_of(each.id), tuple(_said(each.id, record)))
        for each in record.page.components
        if each.is_private_to(customer)
    ]


def _said(component: str, record: StatusRecord) -> Iterator[str]:
    zone = record.page.zone
    for incident in record.open_incidents:
        if component in incident.components:
            message = incident.updates[-1].message
            yield f"{incident.title} ({incident.state.value})" + (f": {message}" if message else "")
    for work in [*record.running, *record.upcoming]:
        if component in work.components:
            window = work.window
            yield f"Maintenance: {work.title}, {both_times(window.start, zone)} to {both_times(window.end, zone)}"
