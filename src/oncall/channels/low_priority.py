"""Lowers the priority of a process, so that the pager comes first."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

_GROUP = Path("/proc/self/autogroup")


def lower_priority(nice: int) -> None:
    """Give this process a lower priority. nice: from 1 to 19, the lowest.

    Linux may share the processor among sessions first, and then `nice` counts only within a session (`autogroup`). So a
    process that leads a session of its own lowers the priority of the session, too.
    """
    os.nice(nice)
    if os.getsid(0) == os.getpid():
        with suppress(OSError):
            _GROUP.write_text(str(nice), encoding="ascii")
