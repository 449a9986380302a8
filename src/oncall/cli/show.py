"""How answers are printed: plain text that lines up, JSON for machines, and the story on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import typer

from oncall.errors import Refused
from oncall.support.wording import full_time

JSON_OPTION = typer.Option(False, "--json", help="Print JSON for machines.")


def print_json(value: Any) -> None:
    """`value` on stdout, indented, in UTF-8."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


def print_rows(rows: Sequence[Sequence[str]]) -> None:
    """Columns that line up; the last one is not padded."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)] if rows else []
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        typer.echo("  ".join([*cells, row[-1]]).rstrip())


def tell(text: str, *, colour: str | None = None) -> None:
    """Part of the story, on stderr; the colour disappears in a pipe."""
    typer.echo(typer.style(text, fg=colour, bold=True) if colour and sys.stderr.isatty() else text, err=True)


def parse_time(text: str, zone: ZoneInfo) -> datetime:
    """An instant from ISO 8601; without an offset it is a time of `zone`. Raises Refused."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(f'"{text[:60]}" is not a time; write "2027-01-09T03:12" or "2027-01-09T03:12:00-05:00"') from None
    if at.tzinfo is None:
        at = at.replace(tzinfo=zone)
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise Refused(f'"{text[:60]}" lies outside the calendar') from None


def time_of(text: str | None, zone: ZoneInfo) -> str:
    """An ISO time of a JSON answer as people read it; empty when there is none."""
    return full_time(datetime.fromisoformat(text), zone) if text else ""
