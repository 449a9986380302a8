"""Answers are coloured and wrapped between words on a terminal, and plain everywhere else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from oncall import __version__
from tests.cli.conftest import ROSTERS, Oncall, Ran
from tests.cli.terminal.pseudo_terminal import on_a_terminal

TELL = "from oncall.cli.terminal.output import tell; tell('GAP ' + 'words ' * 20, colour='red')"


@pytest.mark.parametrize(("environment", "is_coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_colours_are_for_terminals_that_want_them(environment: dict[str, str], is_coloured: bool) -> None:
    assert ("\x1b[31m" in on_a_terminal(TELL, **environment)) == is_coloured


@pytest.mark.parametrize(
    ("environment", "is_coloured"),
    [
        ({}, False),
        ({"FORCE_COLOR": "1"}, True),
        ({"FORCE_COLOR": "0"}, False),
        ({"FORCE_COLOR": ""}, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_a_pipe_gets_colours_only_when_they_are_forced(environment: dict[str, str], is_coloured: bool) -> None:
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    for code in (
        TELL,
        "from oncall.cli.terminal.output import print_table; print_table(['a'], [['b']], colours=['red'])",
    ):
        ran = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**kept, **environment}
        )
        assert ("\x1b[31m" in ran.stdout + ran.stderr) == is_coloured


def test_a_long_sentence_is_broken_between_words_on_a_terminal_and_nowhere_else() -> None:
    shown = on_a_terminal(TELL, NO_COLOR="1").splitlines()
    assert len(shown) == 3
    assert max(map(len, shown)) <= 60
    assert shown[1].startswith("  words")
    piped = subprocess.run([sys.executable, "-c", TELL], capture_output=True, text=True, check=True).stderr
    assert len(piped.splitlines()) == 1
    assert "\x1b" not in piped


def test_the_program_says_which_version_it_is(oncall: Oncall) -> None:
    assert oncall("--version") == Ran(0, f"oncall {__version__}\n", "")


@pytest.mark.parametrize("command", [["--help"], ["check", str(ROSTERS / "small-team.yaml")]])
def test_an_answer_that_a_full_disk_does_not_take_ends_with_a_sentence(command: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        program = [sys.executable, "-m", "oncall.cli.main", *command]
        ran = subprocess.run(program, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    assert (ran.returncode, ran.stderr) == (
        1,
        "oncall: the answer cannot be written: No space left on device; the part that was written is incomplete\n",
    )
