"""Readers of values in rosters and policies: time zones, names and lengths of time."""

from __future__ import annotations

import re
import unicodedata
from datetime import timedelta
from zoneinfo import ZoneInfo

from oncall.file_nodes import AtFault, Node, Reader, shown
from oncall.file_values import line_of_text, scalar
from oncall.support.likely_times import length_meant
from oncall.support.zones import why_no_place, zone_named

_UNITS = {"d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1), "s": timedelta(seconds=1)}
_MOST = timedelta(days=366)


def time_zone(node: Node) -> ZoneInfo:
    """Read an IANA zone name that names a place, like America/New_York, or UTC.

    A zone that exists but names no place is a fault, and is still returned, so that a policy that was published before
    this rule stays readable.
    """
    name = line_of_text(node)
    if (why := why_no_place(name)) is None:
        return ZoneInfo(name)
    node.note(why)
    if (zone := zone_named(name)) is None:
        raise AtFault
    return zone


def slug(node: Node) -> str:
    """Read an identifier: 1 to 40 small letters, digits and dashes."""
    text = line_of_text(node)
    if re.fullmatch(r"[a-z0-9-]{1,40}", text):
        return text
    near = slug_meant(text)
    mend = f'; write "{near}"' if near else ""
    raise node.refuse(f"{shown(text)} is not a name of 1 to 40 small letters, digits and dashes{mend}")


def slug_meant(text: str) -> str:
    """Return the identifier that a text probably means: `ana-pereira` for `Ána Pereira`; empty if it has no letter."""
    plain = "".join(each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each))
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:40]


class Once:
    """Refuses a value that was read before. `what` names the value in the message: `is already the id of engineers[0]`.

    The message does not repeat the value, because it may be a phone number.
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._seen: dict[str, tuple[Node, str]] = {}

    def read(self, reader: Reader[str]) -> Reader[str]:
        """Return a reader like `reader` that also refuses a value that was read before."""

        def read_once(node: Node) -> str:
            text = reader(node)
            self.claim(text, node, owner=node.path.rpartition(".")[0])
            return text

        return read_once

    @property
    def claimed(self) -> list[str]:
        """Return every value that was read so far, in the order of reading."""
        return list(self._seen)

    def claim(self, text: str, node: Node, *, owner: str) -> None:
        """Record that `text` belongs to `owner`, a path in the file. Raises AtFault if another place already has it."""
        first, its_owner = self._seen.setdefault(text, (node, owner))
        if first is not node:
            raise node.refuse(f"is already the {self._what} of {its_owner} on line {first.line}")


def duration(node: Node) -> timedelta:
    """Read a length of time in whole units, like 90s, 15m, 1h30m or 2d (a day is 24 hours); 0m is allowed."""
    return duration_of(scalar(node).text, node)


def some_time(node: Node) -> timedelta:
    """Read a length of time above zero."""
    length = duration(node)
    if not length:
        raise node.refuse(f"{shown(scalar(node).text)} is no time at all; write one like 30m")
    return length


def duration_of(text: str, node: Node) -> timedelta:
    """Parse the length of time in `text`, which is part of `node`. Raises AtFault if it is none."""
    if not re.fullmatch(r"(\s*[0-9]{1,6}\s*[smhd])+\s*", text):
        likely = length_meant(text)
        mend = f"write {likely}" if likely else "write one like 90s, 15m, 2h or 1d"
        if re.fullmatch(r"[0-9]{1,6}", text):
            mend = f"write {text}m for minutes"
        raise node.refuse(f"{shown(text)} is not a length of time; {mend}")
    parts = re.findall(r"([0-9]+)\s*([smhd])", text)
    total = sum((int(number) * _UNITS[unit] for number, unit in parts), timedelta())
    if total > _MOST:
        raise node.refuse(f"{shown(text)} is longer than 366 days")
    return total
