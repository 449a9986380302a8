"""Parses the values of options: numbers, lengths of time and dates. An error shows an example of what to write."""

from __future__ import annotations

import re
from datetime import date, timedelta

from oncall.cli.terminal.output import bad_value

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
MOST_WEEKS = 530
MOST_SECONDS = 1_000_000
"""The longest time limit in seconds, about eleven days; the solver cannot take a limit of many years."""


def weeks_of(text: str) -> int:
    """Parse the number of weeks to plan. Raises BadParameter."""
    return _whole_number(text, 1, MOST_WEEKS, "13")


def seed_of(text: str) -> int:
    """Parse the seed of a search. Raises BadParameter."""
    return _whole_number(str(text), 0, 2**31 - 1, "7")


def seconds_of(text: str) -> float:
    """Parse the time limit of a search, in seconds. Raises BadParameter."""
    if not re.fullmatch(r"[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)", str(text)):
        from oncall.support.likely_times import seconds_meant

        likely = seconds_meant(text)
        advice = f"write {likely}" if likely and likely <= MOST_SECONDS else "write seconds above 0, like 30"
        raise bad_value(f'"{text[:40]}" is not a time to search for; {advice}', None)
    if not 0.001 <= float(text) <= MOST_SECONDS:
        raise bad_value(f"{text[:40]} is out of range; write seconds from 0.001 to {MOST_SECONDS}, like 30", None)
    return float(text)


def length_of(text: str, option: str | None = None) -> timedelta:
    """Parse a length of time like 90s, 15m, 1h30m or 2d. option: its name; None in a typer callback.

    Raises BadParameter.
    """
    if not re.fullmatch(r"([0-9]{1,6}[smhd])+", text):
        from oncall.support.likely_times import length_meant

        likely = length_meant(text)
        advice = f"write {likely}" if likely is not None else "write one like 90s, 15m, 2h or 1d"
        raise bad_value(f'"{text[:40]}" is not a length of time; {advice}', option)
    parts = re.findall(r"([0-9]+)([smhd])", text)
    return sum((timedelta(**{_UNITS[unit]: int(number)}) for number, unit in parts), timedelta())


def date_of(text: str, option: str | None = None) -> date:
    """Parse a date. option: its name; None in a typer callback. Raises BadParameter."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        from oncall.support.likely_days import day_fault

        raise bad_value(day_fault(text), option) from None


def _whole_number(text: str, least: int, most: int, example: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]+", text):
        from oncall.likely_numbers import number_meant

        likely = number_meant(text)
        advice = f"write {likely}" if likely is not None and least <= likely <= most else f"write one like {example}"
        raise bad_value(f'"{text[:40]}" is not a whole number; {advice}', None)
    if len(text) > 40 or not least <= int(text) <= most:
        raise bad_value(f"{text[:40]} is out of range; write a number from {least} to {most}, like {example}", None)
    return int(text)
