"""The line at the top of the status page, in Statuspage's words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from oncall.status.component_states import ComponentState
from oncall.status.status_record import StatusRecord


@dataclass(frozen=True, slots=True)
class TopLine:
    """The state of the whole status page. indicator: `none`, `minor`, `major`, `critical` or `maintenance`."""

    indicator: str
    words: str


def top_line(record: StatusRecord) -> TopLine:
    """Return the line that sums up the states of the public components. Those marked `core: false` do not count."""
    counted = [each for each in record.page.public if each.is_core is not False]
    states = [record.state_of(each.id) for each in counted]
    if not states:
        return _without_components(record)
    return _line(states)


def _line(states: Sequence[ComponentState]) -> TopLine:
    major, partial, degraded, work = (
        states.count(state)
        for state in (
            ComponentState.MAJOR,
            ComponentState.PARTIAL,
            ComponentState.DEGRADED,
            ComponentState.UNDER_MAINTENANCE,
        )
    )
    if major == len(states):
        return TopLine("critical", "Major System Outage")
    if major or partial == len(states):
        return TopLine("major", "Partial System Outage")
    if partial:
        return TopLine("minor", "Minor Service Outage")
    if degraded == len(states):
        return TopLine("minor", "Degraded System Service")
    if degraded:
        return TopLine("minor", "Partially Degraded Service")
    if work:
        return TopLine("maintenance", "Service Under Maintenance")
    return TopLine("none", "All Systems Operational")


def _without_components(record: StatusRecord) -> TopLine:
    if any(record.is_public(each) for each in record.open_incidents):
        return TopLine("minor", "Partially Degraded Service")
    return TopLine("none", "All Systems Operational")
