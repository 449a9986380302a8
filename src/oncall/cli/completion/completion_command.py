"""`oncall completion SHELL`, and `oncall __complete WORDS...`, which the shell's script runs for completions."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import redirect_stderr

import typer

from oncall.cli.completion.completion_scripts import SCRIPTS
from oncall.errors import Refused
from oncall.suggestions import suggestion


def register(app: typer.Typer) -> None:
    """Add the command of this file to the program."""
    app.command("completion")(completion)


def completion(
    shell: str = typer.Argument(..., metavar="SHELL", help="The shell: bash, zsh or fish."),
) -> None:
    """Print a script that completes commands in a shell.

    It completes commands, options, engineers, tickets, dates, versions and files.

    Examples: eval "$(oncall completion bash)" in ~/.bashrc · eval "$(oncall completion zsh)" in ~/.zshrc
    · oncall completion fish | source in config.fish
    """
    if shell not in SCRIPTS:
        raise Refused(f'"{shell[:40]}" is not a shell that oncall completes in; {suggestion(shell, SCRIPTS)}')
    typer.echo(SCRIPTS[shell], nl=False)


def answer_shell(words: Sequence[str]) -> None:
    """Print the completions of the last word of a command line, one a line. If anything fails, print nothing.

    words: the command line without the program's name. No error is printed, because the shell would show it in the
    middle of the line.
    """
    with open(os.devnull, "w") as nowhere, redirect_stderr(nowhere):  # noqa: PTH123  # a device, not a file
        try:
            lines = _lines(words)
        except (Exception, SystemExit):  # whatever is wrong, the shell goes on
            lines = []
    sys.stdout.write("".join(f"{line}\n" for line in lines))


def _lines(words: Sequence[str]) -> list[str]:
    from oncall.cli.completion.completion_line import completions
    from oncall.cli.completion.completion_values import KnownValues
    from oncall.cli.grouped_help import GROUPS

    first = words[0] if words else ""
    if len(words) < 2 and not first.startswith("-"):
        return [f"{name}\t{group}" for group, names in GROUPS.items() for name in names if name.startswith(first)]
    found = completions(_tree(words), words, KnownValues())
    return [f"{each.word}\t{_on_one_line(each.about)}" if each.about else each.word for each in found]


def _tree(words: Sequence[str]) -> object:
    """Return the command tree with only those modules that the command line needs."""
    from oncall.cli.command_tree import make_app

    return typer.main.get_command(make_app(words[0] if len(words) > 1 else None))


def _on_one_line(text: str) -> str:
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
