"""Numbers: those that options take, refused in words that say what to write instead, and those in sentences."""

from __future__ import annotations

import re

import typer

MOST_WEEKS = 530
MOST_SECONDS = 1_000_000
"""Eleven days; a wait of many years would be more than the solver can be told."""


def weeks_of(text: str) -> int:
    """How many weeks to plan. Raises BadParameter."""
    return _whole_number(text, 1, MOST_WEEKS, "13")


def seed_of(text: str) -> int:
    """A seed of the search. Raises BadParameter."""
    return _whole_number(str(text), 0, 2**31 - 1, "7")


def _whole_number(text: str, least: int, most: int, example: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]+", text):
        raise typer.BadParameter(f'"{text[:40]}" is not a whole number; write one like {example}')
    if len(text) > 40 or not least <= int(text) <= most:
        raise typer.BadParameter(f"{text[:40]} is out of range; write a number from {least} to {most}, like {example}")
    return int(text)


def seconds_of(text: str) -> float:
    """A time to search for. Raises BadParameter."""
    if not re.fullmatch(r"[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)", str(text)):
        raise typer.BadParameter(f'"{text[:40]}" is not a time to search for; write seconds above 0, like 30')
    if not 0.001 <= float(text) <= MOST_SECONDS:
        raise typer.BadParameter(f"{text[:40]} is out of range; write seconds from 0.001 to {MOST_SECONDS}, like 30")
    return float(text)


def counted(number: int, thing: str) -> str:
    """`1 engineer`, `1,204 engineers`."""
    return f"{number} {thing}" if number == 1 else f"{number:,} {thing}s"
