"""How slow this machine is at the moment, so that a test's bound on time holds on a slow or busy machine, too."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

_REFERENCE_SECONDS = 0.005
"""What `_fixed_work` takes on the idle machine on which the tests' bounds were chosen."""
_TRIES = 3


def slowness(clock: Callable[[], float] = time.process_time) -> float:
    """Return how many times as long as on the reference machine a fixed piece of work takes now; at least 1.

    A test multiplies its bound by this. clock: the one that the test measures with; `time.monotonic` also counts the
    time that other programs have the processor.
    """
    return max(1.0, min(_seconds(clock) for _ in range(_TRIES)) / _REFERENCE_SECONDS)


def _seconds(clock: Callable[[], float]) -> float:
    began = clock()
    _fixed_work()
    return clock() - began


def _fixed_work() -> None:
    """Build, write, read and sort some thousand small values, which is what most code of this program does."""
    rows = [{"id": f"person-{number % 97}", "at": str(number), "load": number % 13} for number in range(4_000)]
    again = json.loads(json.dumps(rows))
    again.sort(key=lambda row: (row["load"], row["id"]))
