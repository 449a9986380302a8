"""The forms of `/board/status`: their fields, and the action that a sent form asks for, as an API request would name
it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from oncall.paging.actions.posted_status import status_action_from
from oncall.status.component_states import STATED
from oncall.status.status_actions import UNNAMED, StatusAction
from oncall.status.status_texts import LONGEST_REASON
from oncall.support.status_file import LONGEST_MESSAGE, LONGEST_TITLE
from oncall.web.pages.frame.form_times import instant_of

NOW = "now"
"""The value of a time field that means the present instant."""
_COMPONENT = "component."


class FieldKind(StrEnum):
    """How a field is shown. The value is the name of the field's macro in `status_forms.html.j2`."""

    LINE = "line"
    TEXT = "text"
    TIME = "time"
    STATE = "state"
    STATES = "states"
    COMPONENTS = "components"
    TEMPLATE = "template"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class FormField:
    """One field of a form. longest: the most characters of a text.

    is_of_managers: only managers see it and may send it.
    """

    name: str
    label: str
    kind: FieldKind
    longest: int = 0
    is_required: bool = False
    is_of_managers: bool = False


@dataclass(frozen=True, slots=True)
class StatusForm:
    """A form. button: the label of the button below the preview. help: what the form does, in a sentence."""

    title: str
    help: str
    button: str
    fields: tuple[FormField, ...]

    def fields_for(self, *, is_manager: bool) -> list[FormField]:
        """Return the fields that the person may fill in: all for a manager, else those that are for everyone."""
        return [each for each in self.fields if is_manager or not each.is_of_managers]


_MESSAGE = FormField("message", "Words that customers read", FieldKind.TEXT, LONGEST_MESSAGE)
_REASON = FormField("reason", "Reason", FieldKind.LINE, LONGEST_REASON, is_required=True)
_AT = FormField("at", "Since (empty: now)", FieldKind.TIME, is_of_managers=True)
_STATES = FormField("components", "Components", FieldKind.STATES)
_WORK_TIMES = (
    FormField("start", "Start", FieldKind.TIME),
    FormField("end", "End", FieldKind.TIME),
)

FORMS: Mapping[str, StatusForm] = {
    "open": StatusForm(
        "Open an incident",
        "Write a title, or name a template or a ticket. With a ticket alone, customers read the title "
        f'"{UNNAMED}"; the ticket\'s own words stay private.',
        "Open the incident",
        (
            FormField("template", "Template", FieldKind.TEMPLATE),
            FormField("title", "Title that customers read", FieldKind.LINE, LONGEST_TITLE),
            _MESSAGE,
            FormField("ticket", "From the ticket", FieldKind.LINE, 100),
            _STATES,
            _AT,
        ),
    ),
    "update": StatusForm(
        "Write an update",
        "The state resolved returns its components to operational.",
        "Publish the update",
        (
            FormField("incident", "Incident", FieldKind.HIDDEN),
            FormField("state", "State of the incident", FieldKind.STATE),
            _MESSAGE,
            _STATES,
            _AT,
        ),
    ),
    "correct": StatusForm(
        "Correct its start",
        "The page shows both times, and the uptime follows the corrected one.",
        "Correct the start",
        (
            FormField("incident", "Incident", FieldKind.HIDDEN),
            FormField("started_at", "It really began", FieldKind.TIME, is_required=True, is_of_managers=True),
            FormField("reason", "Reason", FieldKind.LINE, LONGEST_REASON, is_required=True, is_of_managers=True),
        ),
    ),
    "publish": StatusForm(
        "Publish it",
        "It becomes public from its start, and the uptime counts it. Without words of yours the machine's are shown.",
        "Publish the incident",
        (
            FormField("proposal", "Proposed incident", FieldKind.HIDDEN),
            FormField("title", "Title that customers read", FieldKind.LINE, LONGEST_TITLE),
            _MESSAGE,
        ),
    ),
    "dismiss": StatusForm(
        "Dismiss it",
        "It was not an incident: it never becomes public, and no uptime counts it.",
        "Dismiss the proposed incident",
        (FormField("proposal", "Proposed incident", FieldKind.HIDDEN), _REASON),
    ),
    "announce": StatusForm(
        "Announce maintenance",
        "It begins and ends by itself.",
        "Announce the maintenance",
        (
            FormField("title", "Title that customers read", FieldKind.LINE, LONGEST_TITLE, is_required=True),
            _MESSAGE,
            FormField("components", "Components", FieldKind.COMPONENTS),
            *_WORK_TIMES,
            FormField(
                "announced_at",
                "It was announced (empty: now)",
                FieldKind.TIME,
                is_of_managers=True,
            ),
        ),
    ),
    "reschedule": StatusForm(
        "Change its times",
        "An empty time stays as it is.",
        "Change the times",
        (FormField("maintenance", "Maintenance", FieldKind.HIDDEN), *_WORK_TIMES, _MESSAGE),
    ),
    "cancel": StatusForm(
        "End or cancel it",
        "Maintenance in progress ends now; later maintenance is cancelled.",
        "End the maintenance",
        (FormField("maintenance", "Maintenance", FieldKind.HIDDEN), _MESSAGE),
    ),
}
"""The forms by the API's name of their action."""


def action_of(form: StatusForm, name: str, fields: Mapping[str, str], zone: ZoneInfo) -> StatusAction:
    """Return the action that a sent form asks for. name: of the action. zone: of the form's times.

    Raises FieldFaults with every wrong field.
    """
    document: dict[str, object] = {"action": name}
    for each in form.fields:
        value = _value(each, fields, zone)
        if value:
            document[each.name] = value
    return status_action_from(document)


def kept_fields(form: StatusForm, fields: Mapping[str, str], now: datetime) -> dict[str, str]:
    """Return the fields that the preview of a form must keep. now: replaces `NOW` in the form's time fields."""
    names = {each.name for each in form.fields}
    kept = {name: value for name, value in fields.items() if name in names or name.startswith(_COMPONENT)}
    for each in form.fields:
        if each.kind is FieldKind.TIME and kept.get(each.name) == NOW:
            kept[each.name] = now.isoformat(timespec="seconds")
    return {name: value for name, value in kept.items() if value.strip()}


def _value(field: FormField, fields: Mapping[str, str], zone: ZoneInfo) -> object:
    if field.kind in (FieldKind.STATES, FieldKind.COMPONENTS):
        chosen = {
            name.removeprefix(_COMPONENT): value
            for name, value in fields.items()
            if name.startswith(_COMPONENT) and value
        }
        return chosen if field.kind is FieldKind.STATES else list(chosen)
    value = fields.get(field.name, "").strip()
    return instant_of(field.name, value, zone) if value and field.kind is FieldKind.TIME else value


STATE_CHOICES = [(each.value, each.words) for each in STATED]
"""The states that a person may give a component, each with its label."""
