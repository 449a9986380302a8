"""Runs some commands without typer, because importing typer takes longer than the answer.

It reads a command line that has only the command's own words, options and values. Everything else goes to typer:
`--help`, an unknown option, a missing word, and a value that cannot be used. So each message has one source.
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
    """How to read a command line, and the function that answers it.

    module, function: the function below `oncall.cli`; it imports no typer. words: the parameters that plain words fill,
    in order; each is optional. options: by option, the parameter for its value. flags: by option, the parameter that it
    sets to True.
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
"""By command. A test compares each with the command's declaration for typer."""


COMPLETE = "__complete"
"""The word with which a completion script asks; it is no command for people."""


def quick_answer(line: Sequence[str]) -> Callable[[], None] | None:
    """Return the function that answers a command line, without the program's name; None if typer must read it."""
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
    """Print the completions of the last word of a command line, for a shell's completion script."""
    from oncall.cli.completion.completion_command import answer_shell

    answer_shell(words)


def _home() -> None:
    """Print the answer of `oncall` alone for the person at this terminal, or the help if that person is not known."""
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
    """Return the parameters that the arguments of a command fill; None if typer must read them."""
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
    """Return True if the shell asks for completions, with a variable that is named after the program."""
    return any(name.startswith("_") and name.endswith("_COMPLETE") for name in os.environ)


def _is_misuse(error: Exception) -> bool:
    # A function that raises typer's error has imported typer.
    typer = sys.modules.get("typer")
    return typer is not None and isinstance(error, typer.BadParameter)
