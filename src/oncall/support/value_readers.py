"""Readers of what the support files are written in: zones, names and lengths of time."""

from __future__ import annotations

import re
from datetime import timedelta
from zoneinfo import ZoneInfo, available_timezones

from oncall.suggestions import nearest
from oncall.yamlfile import Node, Reader, shown
from oncall.yamlvalues import line_of_text, scalar

_UNITS = {"d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1), "s": timedelta(seconds=1)}
_MOST = timedelta(days=366)


def time_zone(node: Node) -> ZoneInfo:
    """An IANA zone name, like America/New_York."""
    name = line_of_text(node)
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        # A missing zone, a folder of zones ("America"), a path that leaves the zone folder, a file that is no zone.
        pass
    near = _nearest_zone(name)
    mend = f'did you mean "{near}"?' if near else 'write one like "America/New_York"'
    raise node.refuse(f"{shown(name)} is not an IANA time zone; {mend}")


def _nearest_zone(name: str) -> str | None:
    """The zone spelt nearly so, or the one whose city was written alone."""
    zones = sorted(available_timezones())
    city = name.replace(" ", "_").casefold().rpartition("/")[2]
    same_city = (zone for zone in zones if "/" in zone and zone.casefold().rpartition("/")[2] == city)
    if any(zone.casefold().startswith(f"{city}/") for zone in zones):
        # A region alone: none of its cities is nearer than the others.
        return None
    return next(same_city, None) or nearest(name.replace(" ", "_"), zones)


def slug(node: Node) -> str:
    """A name for programs: small letters, digits and dashes, at most 40 of them."""
    text = line_of_text(node)
    if re.fullmatch(r"[a-z0-9-]{1,40}", text):
        return text
    near = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:40]
    mend = f'; write "{near}"' if near else ""
    raise node.refuse(f"{shown(text)} is not a name of 1 to 40 small letters, digits and dashes{mend}")


class Once:
    """Refuses a value that was read before. `what` names it, like "id": is already the id of engineers[0] on line 9.

    The value itself is not repeated in the message: it may be a phone number.
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._seen: dict[str, tuple[Node, str]] = {}

    def read(self, reader: Reader[str]) -> Reader[str]:
        """`reader`, which then also refuses what any reader of this kind has given before."""

        def read_once(node: Node) -> str:
            text = reader(node)
            self.claim(text, node, owner=node.path.rpartition(".")[0])
            return text

        return read_once

    @property
    def claimed(self) -> list[str]:
        """Every value so far, in the order in which they were read."""
        return list(self._seen)

    def claim(self, text: str, node: Node, *, owner: str) -> None:
        """Take the value for the thing at the path `owner`. Raises AtFault when it is taken."""
        first, its_owner = self._seen.setdefault(text, (node, owner))
        if first is not node:
            raise node.refuse(f"is already the {self._what} of {its_owner} on line {first.line}")


def duration(node: Node) -> timedelta:
    """A length of time: whole numbers with units, like 90s, 15m, 1h30m or 2d (a day is 24 hours); 0m is one, too."""
    return duration_of(scalar(node).text, node)


def some_time(node: Node) -> timedelta:
    """A length of time that is not zero."""
    length = duration(node)
    if not length:
        raise node.refuse(f"{shown(scalar(node).text)} is no time at all; write one like 30m")
    return length


def duration_of(text: str, node: Node) -> timedelta:
    """The length of time in a text that is part of `node`."""
    if not re.fullmatch(r"(\s*[0-9]{1,6}\s*[smhd])+\s*", text):
        mend = (
            f"write {text}m for minutes" if re.fullmatch(r"[0-9]{1,6}", text) else "write one like 90s, 15m, 2h or 1d"
        )
        raise node.refuse(f"{shown(text)} is not a length of time; {mend}")
    parts = re.findall(r"([0-9]+)\s*([smhd])", text)
    total = sum((int(number) * _UNITS[unit] for number, unit in parts), timedelta())
    if total > _MOST:
        raise node.refuse(f"{shown(text)} is longer than 366 days")
    return total
