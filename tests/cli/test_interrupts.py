"""Ctrl-C ends any command with a sentence, also while it is still being loaded."""

from __future__ import annotations

import subprocess
import sys

import pytest

INTERRUPTED_WHILE_LOADING = """
import os, signal, sys
from oncall.cli.main import main

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == sys.argv[-1]:
            os.kill(os.getpid(), signal.SIGINT)
        return None

sys.meta_path.insert(0, Interrupting())
main()
"""


@pytest.mark.parametrize("module", ["oncall.cli.app", "typer", "oncall.cli.planning", "oncall.errors"])
def test_ctrl_c_while_the_commands_are_loaded_ends_with_a_sentence(module: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_WHILE_LOADING, module],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (1, "", "oncall: stopped by Ctrl-C before it was done\n")
