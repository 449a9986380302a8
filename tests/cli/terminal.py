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
        subprocess.run([sys.executable, "-c", code], stdout=theirs, stderr=theirs, env=environment, check=True)
        os.close(theirs)
        shown = b""
        try:
            while piece := screen.read(4096):
                shown += piece
        except OSError:
            # The other end is closed.
            pass
    return shown.decode().replace("\r\n", "\n")
