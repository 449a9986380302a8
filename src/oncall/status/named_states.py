"""The states of components and incidents as people write them."""

from __future__ import annotations

from oncall.errors import Refused
from oncall.status.component_states import STATED, ComponentState, IncidentState


def component_state(text: str) -> str:
    """Parse the state of a component as a person writes it. Raises Refused if no such state may be written."""
    known = [state.value for state in STATED]
    if text in known:
        return text
    if text == ComponentState.UNDER_MAINTENANCE.value:
        raise Refused(
            "under_maintenance comes from a maintenance; announce one: oncall status maintenance",
            on_page="a component is under maintenance only while an announced maintenance runs; announce one",
        )
    raise Refused(
        f'"{text[:40]}" is not a state of a component; write {", ".join(known[:-1])} or {known[-1]}',
        on_page=f'"{text[:40]}" is not a state of a component; choose one of the list',
    )


def incident_state(text: str) -> IncidentState:
    """Parse the state of an incident as a person writes it. Raises Refused if there is no such state."""
    try:
        return IncidentState(text)
    except ValueError:
        known = [state.value for state in IncidentState]
        raise Refused(
            f'"{text[:40]}" is not a state of an incident; write {", ".join(known[:-1])} or {known[-1]}',
            on_page=f'"{text[:40]}" is not a state of an incident; choose one of the list',
        ) from None
