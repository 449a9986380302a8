"""The rows of a plan file, one for each seat, with the same fields in CSV and in JSON."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from oncall.file_nodes import AtFault, Node, Reader, descend
from oncall.file_values import Fields, scalar
from oncall.schedule.plan import Seat
from oncall.support.windows import KIND_FORM, Window, WindowKind

COLUMNS = ("start", "end", "kind", "role", "engineer")

_MOST_LETTERS = 200
_EXAMPLE_TIME = '"2027-01-04T19:01:00-05:00"'


def seat_cells(seat: Seat, zone: ZoneInfo) -> tuple[str, str, str, str, str]:
    """Return a seat as the cells of one row, in the order of COLUMNS, with times in `zone`."""
    start, end = (at.astimezone(zone).isoformat() for at in (seat.window.start, seat.window.end))
    return start, end, str(seat.kind), seat.role, seat.engineer


def read_seats(rows: Iterable[Node]) -> tuple[Seat, ...]:
    """Return the seats of these rows, sorted by start. Records the faults of a row; such a row gives no seat."""
    seats: list[Seat] = []
    first_rows: dict[tuple[datetime, str], Node] = {}
    for row in rows:
        try:
            seat = _seat(row)
        except AtFault:
            continue
        first = first_rows.setdefault((seat.window.start, seat.role), row)
        if first is not row:
            place = first.path or f"line {first.line}"
            message = f'{place} has "{seat.role}" of the shift that starts then already; keep one of them'
            descend(row, "role").note(message)
        seats.append(seat)
    return tuple(sorted(seats, key=lambda seat: seat.window.start))


def _seat(row: Node) -> Seat:
    fields = Fields(row)
    start = fields.required("start", _instant, example=_EXAMPLE_TIME)
    end = fields.required("end", _instant, example=_EXAMPLE_TIME)
    kind = fields.required("kind", shift_kind, example='"weeknight"')
    role = fields.required("role", _name('"primary"'), example='"primary"')
    engineer = fields.required("engineer", _name('"ana"'), example='"ana"')
    if start.is_good and end.is_good and end.value <= start.value:
        ends, starts = scalar(end.place), scalar(start.place)
        raise ends.refuse(f"{ends.written} is not after the start, {starts.written}")
    return Seat(Window(start.value, end.value), kind.value, role.value, engineer.value)


def _instant(node: Node) -> datetime:
    written = scalar(node)
    try:
        at = datetime.fromisoformat(written.text)
        if at.tzinfo is not None:
            return at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise node.refuse(f"{written.written} is not a time; write {_EXAMPLE_TIME}") from None
    raise node.refuse(f"{written.written} has no offset from UTC; write {_EXAMPLE_TIME}")


def shift_kind(node: Node) -> WindowKind:
    """Read the kind of a shift. Raises AtFault unless it is a valid name of an on-call window.

    Only `verify` checks that the policy has this kind.
    """
    written = scalar(node)
    if not re.fullmatch(KIND_FORM, written.text) or written.text == WindowKind.BUSINESS:
        raise node.refuse(f"{written.written} is not a kind of shift; write an on-call window of the policy")
    return WindowKind(written.text)


def _name(example: str) -> Reader[str]:
    """Return a reader of the name of a role or an engineer. example: shown in the message about a fault."""

    def read(node: Node) -> str:
        name = scalar(node)
        if 0 < len(name.text) <= _MOST_LETTERS and name.is_quoted and name.text.isprintable():
            return name.text
        raise node.refuse(f"{name.written} is not a name of one line; write {example}")

    return read
