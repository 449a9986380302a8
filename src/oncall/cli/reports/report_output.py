"""Parts that all commands of `oncall report` share: they open the source of a report, and write it to a file."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import typer

from oncall.cli.terminal.output import say, tell, terminal_width
from oncall.errors import Refused

if TYPE_CHECKING:
    from oncall.cli.backends.local_backend import LocalBackend
    from oncall.cli.backends.remote_backend import RemoteBackend
    from oncall.reports.report_files import LoadAsked, SlaAsked

Asked = TypeVar("Asked", "SlaAsked", "LoadAsked")


def report_backend() -> AbstractContextManager[LocalBackend | RemoteBackend]:
    """Open the server that the settings name, or else the local database."""
    from oncall import wiring
    from oncall.cli.backends.backend import open_backend

    return open_backend(wiring.read_settings())


def give_report(asked: Asked, ask: Callable[[Asked], str], output: Path | None, *, as_json: bool) -> None:
    """Write a report to `output` in the format of its suffix.

    Without a file, print it as text, or as JSON if `as_json`.
    asked: the report, without its format. ask: returns the text of a report in the format that it is asked for.
    """
    from oncall.reports.report_files import Format

    if output is not None:
        form = Format(output.suffix.lower().removeprefix("."))
        write_report(output, ask(replace(asked, form=form)).encode())
    if as_json:
        typer.echo(ask(asked), nl=False)
    elif output is None:
        say(ask(replace(asked, form=Format.TEXT, width=terminal_width(sys.stdout))).removesuffix("\n"))


def write_report(path: Path, content: bytes) -> None:
    """Write a report to a file. Raises Refused if the file cannot be written."""
    try:
        path.write_bytes(content)
    except OSError as error:
        raise Refused(f"{path}: cannot be written: {error.strerror}") from error
    tell(f"written to {path}")


def refuse_suffix(path: Path | None, suffixes: tuple[str, ...]) -> None:
    """Raise BadParameter for a file that does not end in one of these suffixes."""
    if path is not None and path.suffix.lower() not in suffixes:
        *others, last = suffixes
        choices = f"{', '.join(others)} or {last}" if others else last
        raise typer.BadParameter(f'"{path}" should end in {choices}')
