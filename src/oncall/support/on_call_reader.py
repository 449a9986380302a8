"""Reads the on-call windows of a policy file: `night: mon-thu 19:01-07:59`, or the same with a display name.

Each name is a kind of shift with its own share. `holiday` is the kind of public holidays. It has no hours of its own,
because a holiday replaces business hours, but it may have a display name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from oncall.file_nodes import MapNode, Node, ScalarNode, shown
from oncall.file_values import Fields, line_of_text, mapping_of, true_or_false
from oncall.support.coverage_days import DAYS_OF_WEEK
from oncall.support.value_readers import slug
from oncall.support.week_hours import PlacedSpan, hours_of
from oncall.support.windows import KIND_FORM, WindowKind

_MOST_LETTERS = 40
_DAYS = frozenset(day.lower() + ending for day in DAYS_OF_WEEK for ending in ("", "s"))
_EXAMPLE = "mon-thu 19:01-07:59"


@dataclass(frozen=True, slots=True)
class OnCallWindow:
    """One kind of on-call window. title: its display name; empty if it has none."""

    kind: WindowKind
    spans: tuple[PlacedSpan, ...]
    title: str = ""


def on_call_windows(node: Node) -> tuple[OnCallWindow, ...]:
    """Read the on-call windows of a policy, in the order of the file."""
    return tuple(mapping_of(_window)(node).values())


def spans_of(windows: Sequence[OnCallWindow]) -> tuple[PlacedSpan, ...]:
    """Return the spans of all windows in one tuple."""
    return tuple(span for window in windows for span in window.spans)


def kinds_of(windows: Sequence[OnCallWindow]) -> tuple[WindowKind, ...]:
    """Return the kinds of shift in the order in which tables list them: those of the file, then `holiday`."""
    return tuple(dict.fromkeys([*(each.kind for each in windows if each.spans), WindowKind.HOLIDAY]))


def _window(key: ScalarNode, node: Node) -> OnCallWindow:
    kind = _kind(key)
    if isinstance(node, ScalarNode) and node.is_empty:
        return OnCallWindow(kind, ())
    if not isinstance(node, MapNode):
        if kind is WindowKind.HOLIDAY:
            raise key.refuse(_HOLIDAY_HOURS)
        return OnCallWindow(kind, hours_of(kind, node))
    fields = Fields(node)
    title = fields.optional("name", _title, "")
    if kind is WindowKind.HOLIDAY:
        if "hours" in node.entries:
            raise node.entries["hours"][0].refuse(_HOLIDAY_HOURS)
        fields.close()
        return OnCallWindow(kind, (), title.value)
    hours = fields.required("hours", lambda hours: hours_of(kind, hours), example=_EXAMPLE)
    weekend = fields.optional("weekend", true_or_false, None)
    fields.close()
    spans = tuple(replace(each, span=replace(each.span, marked_weekend=weekend.value)) for each in hours.value)
    return OnCallWindow(kind, spans, title.value)


_HOLIDAY_HOURS = (
    "is the kind of public holidays, which take the place of business hours; write no hours for it, or choose another "
    "name"
)


def _kind(key: ScalarNode) -> WindowKind:
    name = slug(key)
    if name == WindowKind.BUSINESS:
        raise key.refuse("is the name of business hours; write them under business_hours, or choose another name")
    if not re.fullmatch(KIND_FORM, name):
        raise key.refuse(f"{shown(name)} does not begin with a letter; choose a name that requests can use")
    if name in _DAYS:
        raise key.refuse(f"{shown(name)} is a day of the week, which requests name; choose another name")
    return WindowKind(name)


def _title(node: Node) -> str:
    return line_of_text(node, most=_MOST_LETTERS)
