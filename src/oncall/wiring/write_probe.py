"""Checks every few seconds, in a thread of its own, whether the database can be written."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

from oncall.errors import StoreError

PROBE_EVERY_SECONDS = 5.0
"""Pause (real seconds) between two checks."""
_LONGEST_STOP_SECONDS = 2.0
"""How long (real seconds) a stop waits for a check that does not end."""


class WriteResults(Protocol):
    """Receives the result of each check."""

    def wrote(self) -> None:
        """Record that a write succeeded."""

    def failed(self, reason: str) -> None:
        """Record that a write failed. reason: why."""


class WriteProbe:
    """Calls `prove_writable` again and again, and reports the results.

    A call that does not end delays neither the pager nor its stop. prove_writable: returns if a row can be stored;
    raises StoreError if not.
    """

    def __init__(
        self, prove_writable: Callable[[], None], results: WriteResults, *, every_seconds: float = PROBE_EVERY_SECONDS
    ) -> None:
        self._prove_writable, self._results, self._every_seconds = prove_writable, results, every_seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="oncall-write-probe", daemon=True)

    def start(self) -> None:
        """Start the thread that checks."""
        self._thread.start()

    def stop(self) -> None:
        """Stop checking. Returns within two seconds, even if a check does not end."""
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
