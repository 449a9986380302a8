"""Completes the end of a command line: commands, options, and values like engineers, tickets and dates."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Protocol

FILES = ":files"
"""The text of a completion that makes the shell complete file names."""
_DAYS_AHEAD, _MONTHS_AROUND = 14, 6

Command = Any  # Typer has its own copy of click's classes, and exports no names for them.


@dataclass(frozen=True, slots=True)
class Completion:
    """A word that completes the command line, and its description."""

    word: str
    about: str = ""


class Values(Protocol):
    """The values of options and arguments that the local database or the server knows."""

    def today(self) -> date:
        """Return today's date by policy time."""

    def engineers(self) -> Iterable[Completion]:
        """Return the engineers of the published rosters."""

    def shift_dates(self, engineer: str) -> Iterable[Completion]:
        """Return the dates of the next weeks on which a shift of an engineer starts, with its kind and role."""

    def roles(self) -> Iterable[Completion]:
        """Return the roles of the published rosters."""

    def tickets(self) -> Iterable[Completion]:
        """Return the tickets that are not resolved."""

    def versions(self) -> Iterable[Completion]:
        """Return the versions of the schedule, the newest first."""

    def swaps(self) -> Iterable[Completion]:
        """Return the requests to swap that have no answer yet."""

    def impacts(self) -> Iterable[Completion]:
        """Return the impacts of the policy."""

    def plans(self) -> Iterable[Completion]:
        """Return the support plans of the policy."""


@dataclass
class _Position:
    """How far a command line is parsed. pending: the option whose value comes next. words: the plain words so far."""

    command: Command
    path: str = ""
    words: list[str] = field(default_factory=list)
    pending: Any = None
    used: set[str] = field(default_factory=set)
    only_words: bool = False


def completions(root: Command, words: Sequence[str], values: Values) -> list[Completion]:
    """Return the completions of the last word of a command line; the word may be unfinished or empty.

    root: the command tree of typer. words: the command line without the program's name. Returns an empty list for a
    line that cannot be parsed.
    """
    *before, current = words or [""]
    at = _Position(root)
    for word in before:
        if not _step(at, word):
            return []
    found = list(_offered(at, current, values))
    return [each for each in found if each.word == FILES or each.word.startswith(current)]


def _step(at: _Position, word: str) -> bool:
    """Parse one word and update `at`. Return False if the word should be a command and no such command exists."""
    if at.pending is not None:
        at.pending = None
    elif word == "--" and not at.only_words:
        at.only_words = True
    elif word.startswith("-") and word != "-" and not at.only_words:
        name, equals, _ = word.partition("=")
        option = _options(at.command).get(name)
        if option is not None:
            at.used.add(option.name)
            at.pending = option if _takes_value(option) and not equals else None
    elif hasattr(at.command, "commands"):
        if word not in at.command.commands:
            return False
        at.command, at.path, at.used = at.command.commands[word], f"{at.path} {word}".strip(), set()
    else:
        at.words.append(word)
    return True


def _offered(at: _Position, current: str, values: Values) -> Iterator[Completion]:
    if at.pending is not None:
        yield from _values_of(at.pending, at.path, values)
    elif current.startswith("--") and "=" in current and not at.only_words:
        name = current.partition("=")[0]
        option = _options(at.command).get(name)
        for each in _values_of(option, at.path, values) if option is not None else ():
            yield each if each.word == FILES else Completion(f"{name}={each.word}", each.about)
    elif current.startswith("-") and not at.only_words:
        yield from _unused_options(at)
    elif hasattr(at.command, "commands"):
        for name, child in at.command.commands.items():
            if not child.hidden:
                yield Completion(name, child.get_short_help_str(70))
    else:
        arguments = [each for each in at.command.params if each.param_type_name == "argument"]
        if at.path == "swap" and len(at.words) == 1:
            yield from values.shift_dates(at.words[0])
        elif len(at.words) < len(arguments):
            yield from _values_of(arguments[len(at.words)], at.path, values)
        elif arguments and arguments[-1].nargs == -1:
            yield from _values_of(arguments[-1], at.path, values)
        else:
            yield from _unused_options(at)


def _options(command: Command) -> dict[str, Any]:
    found = {name: each for each in command.params if each.param_type_name == "option" for name in each.opts}
    return {name: each for name, each in found.items() if not each.hidden}


def _unused_options(at: _Position) -> Iterator[Completion]:
    for name, option in _options(at.command).items():
        if name.startswith("--") and (option.name not in at.used or option.multiple):
            yield Completion(name, _first_sentence(option.help or ""))
    yield Completion("--help", "Show this message and exit")


def _first_sentence(text: str) -> str:
    return text.split(". ")[0].removesuffix(".")


def _takes_value(option: Any) -> bool:
    return not option.is_flag and not option.count


def _values_of(parameter: Any, path: str, values: Values) -> Iterable[Completion]:
    """Return the possible values of an option or argument. path: the command. They are found by name and metavar."""
    choices = getattr(parameter.type, "choices", None)
    if choices:
        return [Completion(str(each)) for each in choices]
    called = (parameter.metavar or "").strip("[]")
    names = [*parameter.opts]
    for key in (f"{path} {names[0]}", names[0], called):
        if key in _BY_NAME:
            return _BY_NAME[key](values)
    return [Completion(FILES)] if called in _FILE_WORDS else []


_FILE_WORDS = frozenset(
    {
        "FILE",
        "ROSTER",
        "PLAN",
        "POLICY",
        "OLD",
        "NEW",
        "FILE.md",
        "TICKET.json | -",
        "FOLDER",
        "SAMPLE.json",
        "SAMPLE",
        "DIR",
    }
)


def _dates(values: Values) -> Iterator[Completion]:
    today = values.today()
    for number in range(_DAYS_AHEAD):
        day = today + timedelta(days=number)
        yield Completion(day.isoformat(), f"{day:%A}")


def _months(values: Values) -> Iterator[Completion]:
    """Yield months like `2027-01`: the present one, and those before and after it, the nearest first."""
    first = values.today().replace(day=1)
    months = [first]
    for _ in range(_MONTHS_AROUND):
        months = [(months[0] - timedelta(days=1)).replace(day=1), *months]
        months.append((months[-1] + timedelta(days=31)).replace(day=1))
    for month in sorted(months, key=lambda month: abs((month - first).days)):
        yield Completion(f"{month:%Y-%m}", f"{month:%B}")


def _quarters(values: Values) -> Iterator[Completion]:
    today = values.today()
    number = today.year * 4 + (today.month - 1) // 3
    for each in range(number, number - 6, -1):
        yield Completion(f"{each // 4}Q{each % 4 + 1}")


def _words(*known: str) -> Callable[[Values], Iterable[Completion]]:
    return lambda values: [Completion(word) for word in known]


_BY_NAME: dict[str, Callable[[Values], Iterable[Completion]]] = {
    "token create --role": _words("intake", "engineer", "manager"),
    "tickets --after": lambda values: values.tickets(),
    "tickets --state": _words("open", "acknowledged", "resolved", "open,acknowledged"),
    "tickets --since": _words("yesterday", "2h", "24h", "7d"),
    "triage --workaround": lambda values: [],
    "diff before": lambda values: [*values.versions(), Completion("published"), Completion(FILES)],
    "diff after": lambda values: [*values.versions(), Completion("published"), Completion(FILES)],
    "--by": lambda values: values.engineers(),
    "--plan": lambda values: values.plans(),
    "--rules": _words("eu"),
    "ENGINEER": lambda values: values.engineers(),
    "OTHER": lambda values: values.engineers(),
    "ME": lambda values: values.engineers(),
    "TICKET": lambda values: values.tickets(),
    "INTO": lambda values: values.tickets(),
    "VERSION": lambda values: values.versions(),
    "accept code": lambda values: values.swaps(),
    "decline code": lambda values: values.swaps(),
    "withdraw code": lambda values: values.swaps(),
    "status update --state": _words("investigating", "identified", "monitoring", "resolved"),
    "heartbeat create --every": _words("5m", "10m", "1h", "1d"),
    "heartbeat create --grace": _words("5m", "10m", "1h"),
    "SHELL": _words("bash", "zsh", "fish"),
    "ROLE": lambda values: values.roles(),
    "LEVEL": lambda values: values.impacts(),
    "DATE": _dates,
    "TIME": _dates,
    "START": _dates,
    "MONTH": _months,
    "QUARTER": _quarters,
}
"""Which values complete an option or argument, by command and option, by option, or by metavar."""
