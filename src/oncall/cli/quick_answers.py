"""Runs some commands without typer, because the import of typer takes longer than the answer.

It parses a command line that has only words, options and values of its command. Typer parses all others: `--help`, an
unknown option, a missing word, or a value that cannot be used. So each error message is written in one place.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module


@dataclass(frozen=True)
class QuickCommand:
    """How to parse the command line of a command, and the function that answers it.

    module, function: the function, below `oncall.cli`; its module imports no typer. words: the parameters that plain
    words fill, in order; each is optional. options: for each option the parameter that gets its value. flags: for each
    option without a value, the parameter that it sets to True.
    """

    module: str
    function: str
    words: tuple[str, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)
    flags: Mapping[str, str] = field(default_factory=lambda: {"--json": "json"})


QUICK = {
    "who": QuickCommand("schedule.schedule_answers", "who", options={"--at": "at"}),
    "shifts": QuickCommand(
        "schedule.schedule_answers", "shifts", words=("engineer",), options={"--from": "start", "--to": "end"}
    ),
    "next": QuickCommand("schedule.schedule_answers", "next_shift", words=("engineer",)),
    "tonight": QuickCommand("schedule.tonight_answers", "tonight"),
    "history": QuickCommand("schedule.whole_schedule", "history"),
}
"""The commands that run without typer. A test compares their options with those that typer declares."""


COMPLETE = "__complete"
"""The command that a completion script runs; it is not meant for people."""


def quick_answer(line: Sequence[str]) -> Callable[[], None] | None:
    """Return a function that answers a command line; None if typer must parse it. line: without the program's name."""
    if not line and not _is_completing():
        return _home
    if line and line[0] == COMPLETE:
        return partial(_complete, line[1:])
    command = QUICK.get(line[0]) if line and not _is_completing() else None
    values = values_in(line[1:], command) if command is not None else None
    if command is None or values is None:
        return None

    def answer() -> None:
        try:
            getattr(import_module(f"oncall.cli.{command.module}"), command.function)(**values)
        except Exception as error:
            if not _is_misuse(error):
                raise
            # Typer finds the same fault again, and prints it with the usage of the command.
            from oncall.cli.command_tree import make_app

            make_app(line[0])()

    return answer


def _complete(words: Sequence[str]) -> None:
    """Print the completions of the last word of a command line. A shell's completion script runs this."""
    from oncall.cli.completion.completion_command import answer_shell

    answer_shell(words)


def _home() -> None:
    """Print the answer of `oncall` without a command, or the help if the engineer at this terminal is not known."""
    from oncall import wiring
    from oncall.cli.backends.server import open_server, own_engineer
    from oncall.errors import SettingsError

    try:
        settings = wiring.read_settings()
    except SettingsError:
        settings = None
    has_token = settings is not None and settings.token is not None
    # One server for all questions, so that it says once how old the answers are.
    server = open_server(settings) if settings is not None and has_token else None
    engineer = own_engineer(settings, server) if settings is not None else None
    if settings is None or engineer is None:
        from oncall.cli.command_tree import make_app

        make_app()()
    else:
        from oncall.cli.home_answers import home

        home(engineer, settings, server)


def values_in(arguments: Sequence[str], command: QuickCommand) -> dict[str, str | bool] | None:
    """Return the parameters of a command with their values; None if typer must parse the arguments."""
    values: dict[str, str | bool] = {}
    words: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        if argument in command.flags:
            values[command.flags[argument]] = True
        elif argument in command.options:
            value = next(rest, "")
            if not _is_plain(value):
                return None
            values[command.options[argument]] = value
        elif _is_plain(argument):
            words.append(argument)
        else:
            return None
    if len(words) > len(command.words):
        return None
    return {**values, **dict(zip(command.words, words, strict=False))}


def _is_plain(text: str) -> bool:
    return text != "" and not text.startswith("-")


def _is_completing() -> bool:
    """Return True if a shell asks for completions by the environment variable that typer's own completion uses."""
    return any(name.startswith("_") and name.endswith("_COMPLETE") for name in os.environ)


def _is_misuse(error: Exception) -> bool:
    # A function that raises typer's error has imported typer.
    typer = sys.modules.get("typer")
    return typer is not None and isinstance(error, typer.BadParameter)
