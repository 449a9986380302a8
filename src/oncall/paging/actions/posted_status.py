"""Converts an action on the status page from a posted JSON object, and back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import datetime
from typing import TypeVar

from oncall.paging.actions.action_checks import EVENT_ID
from oncall.paging.actions.field_faults import FieldFault, FieldFaults, instant, no_time, shown
from oncall.status.proposal_actions import DismissProposal, PublishProposal
from oncall.status.status_actions import (
    AnnounceMaintenance,
    CancelMaintenance,
    CorrectIncident,
    OpenIncident,
    RescheduleMaintenance,
    StatusAction,
    UpdateIncident,
)

T = TypeVar("T")

ACTIONS: Mapping[str, type[StatusAction]] = {
    "open": OpenIncident,
    "update": UpdateIncident,
    "correct": CorrectIncident,
    "publish": PublishProposal,
    "dismiss": DismissProposal,
    "announce": AnnounceMaintenance,
    "reschedule": RescheduleMaintenance,
    "cancel": CancelMaintenance,
}
LONGEST_TEXT = 20_000
"""The most characters of any posted text. `status.status_texts` has lower limits for some texts."""
_TIMES = ("at", "started_at", "start", "end", "announced_at")
_NEEDED = {
    "open": (),
    "update": ("incident",),
    "correct": ("incident", "started_at", "reason"),
    "publish": ("proposal",),
    "dismiss": ("proposal", "reason"),
    "announce": ("title", "components", "start", "end"),
    "reschedule": ("maintenance",),
    "cancel": ("maintenance",),
}


def request_of(document: object) -> str:
    """Return `StatusEvent.request` for a posted document: its `id` and a digest of it; empty if it has no `id`.

    Raises FieldFaults if the id is wrong.
    """
    sent_id = document.get("id") if isinstance(document, Mapping) else None
    if sent_id is None:
        return ""
    if not (isinstance(sent_id, str) and EVENT_ID.fullmatch(sent_id)):
        raise FieldFaults([FieldFault("id", "is not text of 1 to 100 printable characters")])
    body = json.dumps(document, sort_keys=True).encode()
    return f"{sent_id} {hashlib.sha256(body).hexdigest()[:32]}"


def status_action_from(document: object) -> StatusAction:
    """Return the action that a posted document asks for. Raises FieldFaults with every wrong field."""
    if not isinstance(document, Mapping):
        raise FieldFaults([FieldFault("body", "is not a JSON object")])
    name = document.get("action")
    if not isinstance(name, str) or name not in ACTIONS:
        raise FieldFaults([FieldFault("action", f"{shown(name)} is no action; write {_listed(ACTIONS)}")])
    kind = ACTIONS[name]
    known = [each.name for each in fields(kind)]
    reader = _Reader(document)
    for key in document:
        if key not in ("action", "id", *known):
            reader.fault(str(key)[:60], f"is not a field of {name}; write {_listed(known)}")
    for key in _NEEDED[name]:
        if document.get(key) is None:
            reader.fault(key, "is missing")
    values = {key: reader.value(key, kind) for key in known if document.get(key) is not None}
    reader.refuse_faults()
    return kind(**values)  # type: ignore[arg-type]  # the reader gave each field a value of its type


def status_body(action: StatusAction) -> dict[str, object]:
    """Return an action as the JSON object that `status_action_from` reads."""
    name = next(name for name, kind in ACTIONS.items() if kind is type(action))
    body: dict[str, object] = {"action": name}
    for each in fields(action):
        value = getattr(action, each.name)
        if isinstance(value, datetime):
            value = value.isoformat()
        if value is not None and value != {}:
            body[each.name] = list(value) if isinstance(value, tuple) else value
    return body


class _Reader:
    """Reads the fields of a document one by one, and collects every fault."""

    def __init__(self, document: Mapping[str, object]) -> None:
        self._document = document
        self._faults: list[FieldFault] = []

    def fault(self, field: str, message: str) -> None:
        self._faults.append(FieldFault(field, message))

    def refuse_faults(self) -> None:
        if self._faults:
            raise FieldFaults(self._faults)

    def value(self, key: str, kind: type[StatusAction]) -> object:
        value = self._document[key]
        if key in _TIMES:
            return self._read(key, value, instant, no_time(value))
        if key == "components":
            if kind is AnnounceMaintenance:
                return self._read(key, value, _names, 'is not a list of components; write ["portal"]')
            return self._read(key, value, _states, 'is not components with states; write {"portal": "major_outage"}')
        return self._read(key, value, _text, f"is not text of at most {LONGEST_TEXT:,} characters")

    def _read(self, key: str, value: object, read: Callable[[object], T | None], words: str) -> T | None:
        found = read(value)
        if found is None:
            self.fault(key, words)
        return found


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and len(value) <= LONGEST_TEXT else None


def _names(value: object) -> tuple[str, ...] | None:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        return None
    return tuple(value)


def _states(value: object) -> dict[str, str] | None:
    if not isinstance(value, Mapping) or not all(isinstance(each, str) for each in value.values()):
        return None
    return dict(value)


def _listed(words: Mapping[str, object] | list[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last
