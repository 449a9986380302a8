"""Reads changes of the schedule that callers post: an override, a cover, an undo. The terminal and the API use it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from oncall.paging.actions.action_checks import LONGEST_WHY
from oncall.paging.actions.field_faults import FieldFault, FieldFaults, instant, no_time, shown
from oncall.paging.domain.quoted_text import clean
from oncall.support.likely_days import day_advice

LONGEST_ID = 60
_EXAMPLES = {
    "override": '{"engineer": "ben", "from": "2027-01-09T19:01:00-05:00", "to": "2027-01-11T08:00:00-05:00", '
    '"reason": "ana is ill"}',
    "cover": '{"engineer": "ana"}',
    "undo": '{"reason": "ana is well again"}',
}


@dataclass(frozen=True, slots=True)
class OverrideAsked:
    """A requested override. Times are aware UTC."""

    engineer: str
    role: str
    start: datetime
    end: datetime
    reason: str
    is_forced: bool


@dataclass(frozen=True, slots=True)
class CoverAsked:
    """A requested cover. by: who takes over; None: the caller. start, end: aware UTC, or None as in `Cover`."""

    engineer: str
    by: str | None
    start: datetime | None
    end: datetime | None
    reason: str
    is_forced: bool


@dataclass(frozen=True, slots=True)
class UndoAsked:
    """A requested undo. is_forced: it may break rules of the roster."""

    reason: str
    is_forced: bool


def override_from(document: object) -> OverrideAsked:
    """Read an override from a posted document. Raises FieldFaults with every field that cannot be used."""
    fields = PostedFields(document, "override")
    start, end = fields.needed_time("from"), fields.needed_time("to")
    if start is not None and end is not None and end <= start:
        fields.fault("to", "must be after `from`", on_page="must be after the time in From")
    engineer, reason = fields.needed_name("engineer"), fields.needed_reason()
    role = fields.name("role") or "primary"
    is_forced = fields.switch("force")
    fields.refuse_faults()
    assert start is not None, "a missing time is a fault"
    assert end is not None, "a missing time is a fault"
    return OverrideAsked(engineer, role, start, end, reason, is_forced)


def cover_from(document: object) -> CoverAsked:
    """Read a cover from a posted document. Raises FieldFaults with every field that cannot be used."""
    fields = PostedFields(document, "cover")
    engineer, is_forced = fields.needed_name("engineer"), fields.switch("force")
    reason = fields.needed_reason() if is_forced else fields.reason()
    by, start, end = fields.name("by"), fields.time("from"), fields.time("until")
    if start is not None and end is not None and end <= start:
        fields.fault("until", "must be after `from`")
    fields.refuse_faults()
    return CoverAsked(engineer, by, start, end, reason or f"cover for {engineer}", is_forced)


def undo_from(document: object) -> UndoAsked:
    """Read an undo from a posted document. Raises FieldFaults with every field that cannot be used."""
    fields = PostedFields(document, "undo")
    reason, is_forced = fields.needed_reason(), fields.switch("force")
    fields.refuse_faults()
    return UndoAsked(reason, is_forced)


class PostedFields:
    """Reads the fields of a posted document and collects all faults.

    For a field with a fault, a method returns a placeholder: call `refuse_faults` before you use any value. The
    constructor raises FieldFaults for a document that is not an object.
    """

    def __init__(self, document: object, kind: str) -> None:
        if not isinstance(document, Mapping):
            example = _EXAMPLES.get(kind, "{...}")
            raise FieldFaults([FieldFault(kind, f"a JSON object is needed, like {example}")])
        self._document: Mapping[str, object] = document
        self._faults: list[FieldFault] = []

    def fault(self, field: str, message: str, *, on_page: str | None = None) -> None:
        """Record a fault of a field. on_page: the message for a web page; None to use `message` there too."""
        self._faults.append(FieldFault(field, message, on_page))

    def refuse_faults(self) -> None:
        """Raise FieldFaults with every recorded fault; do nothing if there is none."""
        if self._faults:
            raise FieldFaults(self._faults)

    def name(self, field: str) -> str | None:
        """Return an id or the name of a role from a field; None if the field is absent or at fault."""
        value = self._document.get(field)
        if value is None:
            return None
        if isinstance(value, str) and value == clean(value) and 0 < len(value) <= LONGEST_ID:
            return value
        self.fault(field, f"{shown(value)} is not a name on the roster; write it as the roster does")
        return None

    def needed_name(self, field: str) -> str:
        """Return an id or the name of a role from a field that is required; empty if it is absent or at fault."""
        if self._document.get(field) is None:
            self.fault(field, "missing")
        return self.name(field) or ""

    def reason(self) -> str:
        """Return the reason as one line of text; empty if it is absent or at fault."""
        value = self._document.get("reason")
        if value is None:
            return ""
        if not isinstance(value, str) or len(value) > LONGEST_WHY:
            self.fault("reason", f"write a text of at most {LONGEST_WHY} characters")
            return ""
        return clean(value)

    def needed_reason(self) -> str:
        """Return the reason, which is required because the history shows it; empty if it is at fault."""
        faults = len(self._faults)
        reason = self.reason()
        if not reason and len(self._faults) == faults:
            self.fault("reason", "is empty; say why, because the history shows it")
        return reason

    def text(self, field: str, most: int) -> str | None:
        """Return a field's text of at most `most` characters, unchanged; None if the field is absent or at fault."""
        value = self._document.get(field)
        if value is None or (isinstance(value, str) and 0 < len(value) <= most):
            return value
        self.fault(field, f"write a text of 1 to {most} characters")
        return None

    def day(self, field: str) -> date | None:
        """Return a field's date; None if the field is absent or at fault."""
        value = self._document.get(field)
        if value is None:
            return None
        try:
            if isinstance(value, str) and len(value) == len("2027-01-04"):
                return date.fromisoformat(value)
        except ValueError:
            pass
        self.fault(field, f"{shown(value)} {day_advice(str(value))}")
        return None

    def time(self, field: str) -> datetime | None:
        """Return a field's instant (aware UTC); None if the field is absent or at fault."""
        value = self._document.get(field)
        at = instant(value)
        if value is not None and at is None:
            self.fault(field, no_time(value))
        return at

    def needed_time(self, field: str) -> datetime | None:
        """Return the instant (aware UTC) of a field that is required; None if it is absent or at fault."""
        if self._document.get(field) is None:
            self.fault(field, "missing")
        return self.time(field)

    def switch(self, field: str) -> bool:
        """Return a field's true or false; False if the field is absent or at fault."""
        value = self._document.get(field, False)
        if not isinstance(value, bool):
            self.fault(field, "write true or false")
        return value is True
