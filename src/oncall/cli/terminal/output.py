"""Prints answers on stdout, as text in columns or as JSON, and progress messages on stderr.

Imports typer only where it is needed, because its import takes longer than most answers.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, TextIO
from zoneinfo import ZoneInfo

from oncall.errors import Refused
from oncall.support.wording import full_time

if TYPE_CHECKING:
    from oncall.wiring import Settings

_ESCAPE = "\x1b"
"""The first character of the codes that set a terminal's colours."""


def print_json(value: object) -> None:
    """Print a value as JSON on stdout, indented."""
    _print(json.dumps(value, indent=2, ensure_ascii=False), sys.stdout)


def print_table(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    names: int = 1,
    colours: Sequence[str] = (),
    most_lines: int | None = None,
) -> None:
    """Print a table.

    On a terminal that is too narrow, print a list with the first `names` cells of each row as its title.
    colours: one for each row, empty for none; a pipe gets no colours. most_lines: leave out the rows after this many
    lines.
    """
    from oncall.support.text_tables import table_blocks

    head, blocks = table_blocks(header, rows, terminal_width(sys.stdout), names=names)
    shown = [head, *blocks]
    while most_lines is not None and len(shown) > 2 and sum(map(len, shown)) > most_lines:
        shown.pop()
    _print_blocks(shown, ["", *colours])


def print_rows(rows: Sequence[Sequence[str]], *, names: int = 1, colours: Sequence[str] = ()) -> None:
    """Print a table without a header.

    On a narrow terminal, the cells after the first `names` are printed on lines below.
    """
    from oncall.support.text_tables import row_blocks

    _print_blocks(row_blocks(rows, terminal_width(sys.stdout), names=names), colours)


def _print_blocks(blocks: Sequence[Sequence[str]], colours: Sequence[str]) -> None:
    has_colours = _has_colours(sys.stdout)
    for number, block in enumerate(blocks):
        colour = colours[number] if number < len(colours) and has_colours else ""
        for line in block:
            _print(_coloured(line, colour) if colour else line, sys.stdout)


def terminal_width(stream: TextIO) -> int | None:
    """Return the terminal's width in columns, at least 40; None for a pipe or a file."""
    if not stream.isatty():
        return None
    from shutil import get_terminal_size

    return max(40, get_terminal_size().columns)


def tell(text: str, *, colour: str | None = None) -> None:
    """Print a progress message on stderr, in colour only on a terminal."""
    shown = laid_out(text, sys.stderr)
    _print(_coloured(shown, colour, bold=True) if colour and _has_colours(sys.stderr) else shown, sys.stderr)


def say(text: str) -> None:
    """Print text on stdout, as a part of the answer. On a terminal, long lines are broken between words."""
    _print(laid_out(text, sys.stdout), sys.stdout)


def _print(text: str, stream: TextIO) -> None:
    """Print a line. Uses typer if the line has colours, or if the stream is closed or not UTF-8."""
    if _ESCAPE in text or getattr(stream, "encoding", None) != "utf-8":
        import typer

        typer.echo(text, file=stream, color=_has_colours(stream))
    else:
        stream.write(f"{text}\n")
        stream.flush()


def _coloured(text: str, colour: str, *, bold: bool | None = None) -> str:
    import typer

    return typer.style(text, fg=colour, bold=bold)


def _has_colours(stream: TextIO) -> bool:
    """Return True if the stream gets colours: if it is a terminal, or if FORCE_COLOR (force-color.org) is set.

    NO_COLOR (no-color.org) takes precedence over both.
    """
    if os.environ.get("NO_COLOR"):
        return False
    return stream.isatty() or os.environ.get("FORCE_COLOR", "0") not in ("", "0")


def laid_out(text: str, stream: TextIO) -> str:
    """Return text with long lines broken between words for a terminal; unchanged for a pipe or a file."""
    width = terminal_width(stream)
    if width is None:
        return text
    from oncall.support.text_tables import broken

    return "\n".join(piece for line in text.splitlines() for piece in broken(line, width))


def parse_time(option: str, text: str, zone: ZoneInfo, after: datetime | None = None) -> datetime:
    """Return the instant (aware UTC) of an ISO 8601 time. A time without an offset is local time in `zone`.

    after: if given, a time of day like `07:30` is allowed, and means the first 07:30 after this instant. If the
    local time occurs twice, a message on stderr says which instant is meant. Raises BadParameter for text that is not a
    time, and for a local time that does not exist.
    """
    from oncall.support.local_time import read_time, read_time_after

    try:
        written = read_time(text, zone) if after is None else read_time_after(text, zone, after)
    except Refused as skipped:
        raise bad_value(str(skipped), option) from None
    except ValueError:
        from oncall.support.likely_times import time_advice

        short = '"07:30", ' if after is not None else ""
        example = f'write {short}"2027-01-09T03:12" or "2027-01-09T03:12:00-05:00"'
        advice = time_advice(text[:100], example=example, clock_alone=after is not None)
        raise bad_value(f'"{text[:60]}" is not a time; {advice}', option) from None
    except OverflowError:
        raise bad_value(f'"{text[:60]}" lies outside the calendar', option) from None
    if written.note is not None:
        tell(f"{option}: {written.note}")
    return written.at


def bad_value(words: str, option: str | None) -> Exception:
    """Return typer's error for a value that cannot be used. option: its name; None in a typer callback."""
    import typer

    return typer.BadParameter(words, param_hint=option)


def counted(number: int, thing: str) -> str:
    """Return a number with its noun, like `1 engineer` or `1,204 engineers`."""
    return f"{number} {thing}" if number == 1 else f"{number:,} {thing}s"


def time_of(text: str | None, zone: ZoneInfo) -> str:
    """Return an ISO time of a JSON answer as readable text in `zone`; empty if `text` is None."""
    return full_time(datetime.fromisoformat(text), zone) if text else ""


def local_settings(command: str) -> Settings:
    """Return the settings for a command that needs the local database. Raises Refused if they name a server."""
    from oncall import wiring

    settings = wiring.read_settings()
    if settings.is_logged_in:
        raise Refused(
            f"`oncall {command}` works on the database itself, and you are logged in to {settings.server}: "
            "set ONCALL_DATABASE_URL, or `oncall logout`"
        )
    if settings.server is not None:
        raise Refused(f"`oncall {command}` works on the database itself: unset ONCALL_SERVER, set ONCALL_DATABASE_URL")
    return settings
