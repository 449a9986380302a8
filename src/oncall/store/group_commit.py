"""Several pieces of work in one commit: a disk that is slow to confirm is asked once for all that is waiting."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

from oncall.errors import StoreUnavailable
from oncall.paging.ports.store import Transaction

T = TypeVar("T")

MOST_PER_COMMIT = 64
MOST_WAITING = 10_000
LEAST_PATIENCE_SECONDS = 0.25
"""For how long even those who have waited too long already wait for another program's lock: most are brief."""


@dataclass(slots=True)
class Job:
    """One piece of work and who waits for it, since when (`submitted_at`, seconds of the monotonic clock). `resolve` is
    called once, after the commit or its failure; `forget` before it is run once more."""

    work: Callable[[Transaction], Any]
    future: Future[Any]
    submitted_at: float
    result: Any = None
    error: BaseException | None = field(default=None)

    def forget(self) -> None:
        """Nothing of what it gave or raised counts: its transaction was undone."""
        self.result = self.error = None

    def resolve(self) -> None:
        """Tell whoever waits."""
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.result)


class GroupCommit:
    """One thread that takes all work waiting, at most `MOST_PER_COMMIT`, and hands it to `commit` as one group.

    `commit` runs the jobs, fills in each one's result or error, and gives back those that are done with: the others it
    has handed to somebody else, who resolves them. It is also told for how many seconds it may wait for another
    program's lock, which is `patience_seconds` less the time that the oldest of them has waited: whoever waits behind
    others that wait is answered in the same time as they. The thread starts with the first submission.
    """

    def __init__(
        self,
        commit: Callable[[Sequence[Job], float], Sequence[Job]],
        place: str,
        patience_seconds: float,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._commit = commit
        self._place = place
        self._patience_seconds = patience_seconds
        self._monotonic = monotonic
        self._waiting: deque[Job] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._thread: threading.Thread | None = None
        self._is_committing = False

    def submit(self, work: Callable[[Transaction], T]) -> Future[T]:
        """Queue it. Raises StoreUnavailable after `close`, and when the queue is so long that waiting is no help."""
        future: Future[T] = Future()
        job = Job(work, future, self._monotonic())
        if threading.current_thread() is self._thread:
            self._run_nested(job)
            return future
        with self._changed:
            if self._closed:
                raise StoreUnavailable(f"{self._place}: the store is closed")
            if len(self._waiting) >= MOST_WAITING:
                raise StoreUnavailable(f"{self._place}: too many requests are waiting for the database; try again")
            self._waiting.append(job)
            if self._thread is None:
                self._thread = threading.Thread(target=self._loop, name="oncall-store-writer", daemon=True)
                self._thread.start()
            self._changed.notify()
        return future

    def close(self) -> None:
        """Commit what is waiting, then end the thread."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def _run_nested(self, job: Job) -> None:
        """Work submitted by the writer itself: by a future's callback it is run at once; waiting would be for ever."""
        if self._is_committing:
            raise RuntimeError("work that runs in a transaction cannot open another one")
        self._run([job])

    def _loop(self) -> None:
        while group := self._next_group():
            self._run(group)

    def _next_group(self) -> list[Job]:
        """All that is waiting, once something is; empty when closed and done."""
        with self._changed:
            while not self._waiting and not self._closed:
                self._changed.wait()
            group: list[Job] = []
            while self._waiting and len(group) < MOST_PER_COMMIT:
                group.append(self._waiting.popleft())
            return group

    def _run(self, group: Sequence[Job]) -> None:
        wanted = [job for job in group if job.future.set_running_or_notify_cancel()]
        if not wanted:
            return
        waited = self._monotonic() - min(job.submitted_at for job in wanted)
        done: Sequence[Job] = wanted
        self._is_committing = True
        try:
            done = self._commit(wanted, max(self._patience_seconds - waited, LEAST_PATIENCE_SECONDS))
        except BaseException as error:  # Whoever waits must hear of it, whatever it is; the thread goes on.
            for job in wanted:
                job.error = job.error or error
        finally:
            self._is_committing = False
        for job in done:
            job.resolve()
