"""The line at the top of the status page, in Statuspage's words.

Statuspage has no word for an unknown state, so programs that read the JSON get the line of operational components. For
people, `shown_line` says it on the page and the badge, and `unmeasured` names the components.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from oncall.status.component_states import ComponentState
from oncall.status.status_record import StatusRecord

NOTHING_MEASURED = "No Component Is Measured Now"


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


def shown_line(record: StatusRecord) -> TopLine:
    """Return the line as the page and the badge show it: `top_line`, unless no state of any counted component is known.

    The indicator is then `not_measured`.
    """
    states = [record.state_of(each.id) for each in record.page.public if each.is_core is not False]
    if states and all(state is ComponentState.NOT_MEASURED for state in states):
        return TopLine(ComponentState.NOT_MEASURED.value, NOTHING_MEASURED)
    return top_line(record)


def unmeasured(record: StatusRecord) -> list[str]:
    """Return the names of the public components whose state is not known now."""
    public = record.page.public
    return [each.name for each in public if record.state_of(each.id) is ComponentState.NOT_MEASURED]


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
