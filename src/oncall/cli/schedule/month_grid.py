"""Draws a month as a grid of weeks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from oncall.support.text_tables import display_width

WIDTH = 80
"""The columns that the grid takes if the output is not a terminal."""
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_GAP = " "


def month_grid(first: date, names: Mapping[date, Sequence[str]], width: int) -> Iterator[str]:
    """Yield the lines of a grid of one month: for each day its number, and below it the names.

    first: the month's first day.
    width: the most columns of a line. A name that is too long is cut.
    """
    room = (width - len(_GAP) * (len(_DAYS) - 1)) // len(_DAYS)
    yield _line(_DAYS, room)
    for week in _weeks(first):
        days = [names.get(day, ()) if day.month == first.month else () for day in week]
        yield _line([str(day.day) if day.month == first.month else "" for day in week], room)
        for number in range(max(map(len, days))):
            yield _line([own[number] if number < len(own) else "" for own in days], room)
        yield ""


def _weeks(first: date) -> Iterator[list[date]]:
    monday = first - timedelta(days=first.weekday())
    while monday <= first or monday.month == first.month:
        yield [monday + timedelta(days=number) for number in range(len(_DAYS))]
        monday += timedelta(weeks=1)


def _line(words: Sequence[str], room: int) -> str:
    return _GAP.join(_cell(word, room) for word in words).rstrip()


def _cell(word: str, room: int) -> str:
    shown = word if display_width(word) <= room else word[: room - 1] + "~"
    return shown + " " * max(0, room - display_width(shown))
