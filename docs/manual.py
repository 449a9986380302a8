"""Writes the man page `docs/oncall.1` from the commands, options and help of the program itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

from oncall import __version__
from oncall.cli.command_tree import make_app
from oncall.cli.grouped_help import GROUPS

_EXIT_STATUS = (("0", "Done."), ("1", "Refused; stderr says why."), ("2", "Misuse: an unknown option or value."))


def man_page() -> str:
    """The man page, in roff."""
    root = typer.main.get_command(make_app())
    lines = [
        f'.TH ONCALL 1 "" "oncall {__version__}" "User Commands"',
        ".SH NAME",
        r"oncall \- on-call rotations proven fair, and a pager that loses nothing",
        ".SH SYNOPSIS",
        r".B oncall",
        r"\fICOMMAND\fR [\fIOPTIONS\fR] [\fIARGUMENTS\fR]",
        ".SH DESCRIPTION",
        *_paragraphs(root.help or ""),
    ]
    for group, names in GROUPS.items():
        lines.append(f".SH {group.upper()}")
        for name in names:
            lines += _command(root.commands[name], f"oncall {name}")  # type: ignore[attr-defined]
    lines.append(".SH EXIT STATUS")
    for status, words in _EXIT_STATUS:
        lines += [".TP", f"\\fB{status}\\fR", _text(words)]
    return "\n".join(lines) + "\n"


def _command(command: Any, name: str) -> Iterator[str]:
    """The section of a command; of a group, the sections of its commands."""
    children = getattr(command, "commands", {})
    if not children or command.invoke_without_command:
        yield f".SS {_text(name)}"
        yield from _usage(command, name)
        yield from _paragraphs(command.help or "")
        yield from _parameters(command, name)
    for child, below in children.items():
        yield from _command(below, f"{name} {child}")


def _usage(command: Any, name: str) -> Iterator[str]:
    context = command.make_context(name, [], resilient_parsing=True)
    yield ".nf"
    yield _text(" ".join([name, *command.collect_usage_pieces(context)]))
    yield ".fi"


def _parameters(command: Any, name: str) -> Iterator[str]:
    context = command.make_context(name, [], resilient_parsing=True)
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None:
            called, words = record
            yield from (".TP", f"\\fB{_text(' '.join(called.split()))}\\fR", _text(words))


def _paragraphs(text: str) -> Iterator[str]:
    """A paragraph for each that blank lines separate; examples begin a paragraph of their own."""
    for paragraph in text.split("\n\n"):
        yield ".PP"
        yield _text(" ".join(paragraph.split()))


def _text(text: str) -> str:
    r"""Text that roff prints as it is: `-` is a minus that can be copied, and a first `.` or `'` is no request."""
    plain = text.replace("\\", r"\e").replace("-", r"\-")
    return f"\\&{plain}" if plain[:1] in (".", "'") else plain
