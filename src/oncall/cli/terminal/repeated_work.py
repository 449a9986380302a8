"""Repeats work at an interval until Ctrl-C."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from oncall.cli.terminal.output import tell
from oncall.errors import OncallError


def repeat(work: Callable[[], None], *, every: timedelta, wait: Callable[[float], None] = time.sleep) -> None:
    """Do the work at an interval until Ctrl-C.

    An error of the first run is raised; errors of later runs are only printed.
    wait: waits so many seconds of real time.
    """
    with suppress(KeyboardInterrupt):
        work()
        while True:
            wait(every.total_seconds())
            try:
                work()
            except (OncallError, OSError) as fault:
                tell(f"oncall: {fault}; the next try is in {every.total_seconds():g} seconds")
