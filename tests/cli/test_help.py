"""`--help` describes every command, argument and option, and lists the commands in groups."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from oncall.cli.command_tree import MODULES, make_app
from oncall.cli.grouped_help import GROUPS, OTHERS
from tests.cli.conftest import Oncall


def commands(command: Any, name: str = "oncall") -> Iterator[tuple[str, Any]]:
    """Return every command and group by its full name. Their types are typer's own, which are not public."""
    yield name, command
    for child, below in getattr(command, "commands", {}).items():
        yield from commands(below, f"{name} {child}")


SHOW_MODULES = """
from oncall.cli.main import main
try:
    main()
finally:
    print(*(name for name in sys.modules if name.startswith("oncall.")), file=sys.stderr)
"""
ALL = dict(commands(typer.main.get_command(make_app())))


@pytest.mark.parametrize("name", ALL)
def test_every_argument_and_option_of_a_command_says_what_it_is(name: str) -> None:
    context = ALL[name].make_context(name, [], resilient_parsing=True)
    without = [parameter.name for parameter in ALL[name].get_params(context) if not parameter.help]
    assert without == []


@pytest.mark.parametrize("name", [name for name in ALL if name != "oncall"])
def test_the_first_line_of_help_is_a_sentence_that_fits_the_listing(name: str) -> None:
    first = ALL[name].help.partition("\n")[0]
    assert first.endswith(".")
    assert ALL[name].get_short_help_str(80 - len("customer-replied") - 6) == first


@pytest.mark.parametrize("name", [name for name, command in ALL.items() if not hasattr(command, "commands")])
def test_every_command_has_an_example_of_its_own(name: str) -> None:
    examples = " ".join(ALL[name].help.split()).partition("Example")[2]
    assert f"{name} " in f"{examples} "


def test_an_option_of_one_command_does_not_have_the_help_of_another(oncall: Oncall) -> None:
    ran = oncall("page", "--help")
    assert re.search(r"--customer NAME +The name of the customer\.", ran.out)
    assert re.search(r"--plan PLAN +The customer's plan: standard or business-critical\.", ran.out)


def test_the_commands_are_listed_in_groups(oncall: Oncall) -> None:
    lines = oncall("--help").out.splitlines()
    headings = [line for line in lines if line.endswith(":") and not line.startswith(" ")]
    assert headings == ["Options:", "Tickets:", "Schedule:", "Planning:", "Reports:", "Service:"]
    assert lines[lines.index("Tickets:") + 1].split()[0] == "tickets"
    assert f"{OTHERS}:" not in lines


def test_every_command_is_in_one_group() -> None:
    listed = [name for names in GROUPS.values() for name in names]
    assert sorted(listed) == sorted(ALL["oncall"].commands)


@pytest.mark.parametrize("name", MODULES)
def test_the_program_for_one_command_has_that_command(name: str) -> None:
    assert f"oncall {name}" in dict(commands(typer.main.get_command(make_app(name))))


def test_who_loads_no_other_commands_module() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", "import sys; sys.argv = ['oncall', 'who', '--help']\n" + SHOW_MODULES],
        capture_output=True,
        text=True,
        check=True,
    ).stderr.split()
    assert [name for name in loaded if name.endswith(("_command", "_commands"))] == [
        "oncall.cli.schedule.schedule_commands"
    ]


def test_the_map_of_modules_has_every_command() -> None:
    assert sorted(MODULES) == sorted(ALL["oncall"].commands)


@pytest.mark.parametrize("name", MODULES)
def test_a_known_command_is_built_without_the_others_of_its_module(name: str) -> None:
    built = [full_name for full_name, _ in commands(typer.main.get_command(make_app(name)))]
    assert [full_name for full_name in built if full_name.count(" ") == 1] == [f"oncall {name}"]
