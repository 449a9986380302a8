"""Ctrl-C ends any command with a sentence, even while the command still loads."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.cli.conftest import ROSTERS

INTERRUPTED_WHILE_LOADING = """
import os, signal, sys
from oncall.cli.main import main

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == module:
            os.kill(os.getpid(), signal.SIGINT)
        return None

module, *command = sys.argv[1:]
sys.argv = ["oncall", *command]
sys.meta_path.insert(0, Interrupting())
main()
"""


@pytest.mark.parametrize(
    "module", ["oncall.cli.command_tree", "typer", "oncall.cli.planning.generate_command", "oncall.errors"]
)
def test_ctrl_c_while_the_commands_are_loaded_ends_with_a_sentence(module: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_WHILE_LOADING, module],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (1, "", "oncall: stopped by Ctrl-C before it was done\n")


@pytest.mark.slow
@pytest.mark.parametrize(
    "module", ["ortools", "ortools.sat", "numpy", "pandas", "ortools.util.python.sorted_interval_list"]
)
def test_ctrl_c_while_a_solver_is_loaded_ends_with_a_sentence(module: str) -> None:
    command = ["generate", str(ROSTERS / "small-team.yaml"), "--start", "2027-01-04", "--weeks", "1", "--no-history"]
    ran = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_WHILE_LOADING, module, *command],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr in {
        "oncall: stopped by Ctrl-C before it was done\n",
        "oncall: stopped before there was a plan; nothing was written\n",
    }


def test_an_import_error_caused_by_ctrl_c_ends_like_ctrl_c() -> None:
    wrapping = INTERRUPTED_WHILE_LOADING.replace(
        "os.kill(os.getpid(), signal.SIGINT)", 'raise ImportError("KeyboardInterrupt: ") from KeyboardInterrupt()'
    )
    command = ["generate", str(ROSTERS / "small-team.yaml"), "--start", "2027-01-04", "--weeks", "1", "--no-history"]
    ran = subprocess.run(
        [sys.executable, "-c", wrapping, "ortools", *command], capture_output=True, text=True, timeout=60, check=False
    )
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == "oncall: stopped by Ctrl-C before it was done\n"


def test_ctrl_c_waits_for_no_thread_that_a_solver_left_and_pulls_no_ground_from_under_it() -> None:
    ending = "import atexit; atexit.register(print, 'an orderly end, in which such threads abort the process')\n"
    command = ["verify", "plan.csv", "--roster", str(ROSTERS / "small-team.yaml"), "--optimal"]
    ran = subprocess.run(
        [sys.executable, "-c", ending + INTERRUPTED_WHILE_LOADING, "oncall.rotation", *command],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (1, "", "oncall: stopped by Ctrl-C before it was done\n")
