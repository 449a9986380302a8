"""Probes every few seconds, in a thread of its own, whether the database can be written."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

from oncall.errors import StoreError

PROBE_EVERY_SECONDS = 5.0
"""Pause (real time) between two probes."""
_LONGEST_STOP_SECONDS = 2.0
"""How long to wait for a hanging probe when the process stops."""


class WriteResults(Protocol):
    """Takes the result of each probe."""

    def wrote(self) -> None:
        """Note that a write was completed."""

    def failed(self, reason: str) -> None:
        """Note that a write failed."""


class WriteProbe:
    """Calls `prove_writable` repeatedly and reports the results. A probe that hangs delays neither the pager nor its
    stop.

    prove_writable: returns if a row can be stored; raises StoreError if not.
    """

    def __init__(
        self, prove_writable: Callable[[], None], results: WriteResults, *, every_seconds: float = PROBE_EVERY_SECONDS
    ) -> None:
        self._prove_writable, self._results, self._every_seconds = prove_writable, results, every_seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="oncall-write-probe", daemon=True)

    def start(self) -> None:
        """Start to probe."""
        self._thread.start()

    def stop(self) -> None:
        """Stop probing. Returns within two seconds, also if a probe hangs."""
        self._stop.set()
        self._thread.join(_LONGEST_STOP_SECONDS)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._prove_writable()
            except StoreError as error:
                self._results.failed(str(error))
            except Exception as error:  # A bug must raise the alarm, too, and must not end the thread.
                self._results.failed(f"the probe failed ({type(error).__name__})")
            else:
                self._results.wrote()
            self._stop.wait(self._every_seconds)
