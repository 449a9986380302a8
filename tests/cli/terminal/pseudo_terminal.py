"""Runs a program on a pseudo-terminal, and returns what it writes."""

from __future__ import annotations

import os
import pty
import subprocess
import sys


def on_a_terminal(code: str, **environment: str) -> str:
    """Return a program's output on a terminal of 60 columns, or of COLUMNS in the environment."""
    ours, theirs = pty.openpty()
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    with os.fdopen(ours, "rb", buffering=0) as screen:
        environment = {**kept, "TERM": "xterm-256color", "COLUMNS": "60", **environment}
        with subprocess.Popen([sys.executable, "-c", code], stdout=theirs, stderr=theirs, env=environment) as program:
            os.close(theirs)
            # Read while it runs: a terminal that nobody reads holds a few kilobytes, and then the program waits.
            shown = b""
            try:
                while piece := screen.read(4096):
                    shown += piece
            except OSError:
                # The other end is closed.
                pass
        assert program.returncode == 0, shown.decode()
    return shown.decode().replace("\r\n", "\n")
