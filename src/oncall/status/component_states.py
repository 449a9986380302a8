"""The states of components and incidents, with the names that Statuspage gives them."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class ComponentState(StrEnum):
    """The state of a component. The values are those of the Statuspage API, except `not_measured`, which is ours."""

    OPERATIONAL = "operational"
    UNDER_MAINTENANCE = "under_maintenance"
    DEGRADED = "degraded_performance"
    PARTIAL = "partial_outage"
    MAJOR = "major_outage"
    NOT_MEASURED = "not_measured"

    @property
    def severity(self) -> int:
        """Return how bad the state is, as a number: 0 for operational, 4 for a major outage."""
        return _SEVERITY[self]

    @property
    def words(self) -> str:
        """Return the state in words for people."""
        return self.value.replace("_", " ").capitalize()


_SEVERITY = {
    ComponentState.NOT_MEASURED: 0,
    ComponentState.OPERATIONAL: 0,
    ComponentState.UNDER_MAINTENANCE: 1,
    ComponentState.DEGRADED: 2,
    ComponentState.PARTIAL: 3,
    ComponentState.MAJOR: 4,
}

STATED = (ComponentState.OPERATIONAL, ComponentState.DEGRADED, ComponentState.PARTIAL, ComponentState.MAJOR)
"""The states that a person may give a component in an incident. Maintenance has its own command."""


def worst(states: Iterable[ComponentState]) -> ComponentState:
    """Return the worst state; operational if there is none."""
    return max(states, key=lambda state: state.severity, default=ComponentState.OPERATIONAL)


class IncidentState(StrEnum):
    """The state of the work on an incident, from investigating to resolved."""

    INVESTIGATING = "investigating"
    IDENTIFIED = "identified"
    MONITORING = "monitoring"
    RESOLVED = "resolved"
    POSTMORTEM = "postmortem"

    @property
    def is_over(self) -> bool:
        """Return True if the incident no longer affects any component."""
        return self in (IncidentState.RESOLVED, IncidentState.POSTMORTEM)


class MaintenanceState(StrEnum):
    """The state of a maintenance. `cancelled` is ours: Statuspage shows a cancelled maintenance as completed."""

    SCHEDULED = "scheduled"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class Impact(StrEnum):
    """How much an incident affects the status page."""

    NONE = "none"
    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"


def impact_of(state: ComponentState) -> Impact:
    """Return the impact of an incident whose worst component was in this state."""
    return {
        ComponentState.DEGRADED: Impact.MINOR,
        ComponentState.PARTIAL: Impact.MAJOR,
        ComponentState.MAJOR: Impact.CRITICAL,
    }.get(state, Impact.NONE)
