"""Group commit: one writing thread commits all queued jobs together, so that a slow disk confirms once for all."""

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
"""Shortest time for which a group waits for another program's lock, even if its jobs waited too long already."""


@dataclass(slots=True)
class Job:
    """One piece of work, its result or error, and the future of its caller.

    submitted_at: seconds of the monotonic clock. Call `resolve` once, after the commit or its failure, and `forget`
    before the work runs again.
    """

    work: Callable[[Transaction], Any]
    future: Future[Any]
    submitted_at: float
    result: Any = None
    error: BaseException | None = field(default=None)

    def forget(self) -> None:
        """Drop the result and the error, because the transaction was rolled back."""
        self.result = self.error = None

    def resolve(self) -> None:
        """Hand the result or the error to the caller."""
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.result)


class GroupCommit:
    """One thread that takes all queued jobs, at most `MOST_PER_COMMIT`, and passes them to `commit` as one group.

    commit: runs the jobs, sets the result or error of each, and returns the jobs that are finished. It resolves the
    others itself, later. Its second argument says how long (seconds) it may wait for another program's lock:
    `patience_seconds` minus the time that the oldest job has been queued. So a job in the queue waits no longer for a
    lock than the jobs before it. The thread starts with the first job.
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
        """Queue work for the thread. Raises StoreUnavailable after `close`, and when the queue is full."""
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
        """Commit all queued jobs, then end the thread."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def _run_nested(self, job: Job) -> None:
        """Run a job that the writing thread itself submitted from a future's callback; queued, it would never run.

        Raises RuntimeError for a job that is submitted inside a transaction.
        """
        if self._is_committing:
            raise RuntimeError("work that runs in a transaction cannot open another one")
        self._run([job])

    def _loop(self) -> None:
        while group := self._next_group():
            self._run(group)

    def _next_group(self) -> list[Job]:
        """Wait for jobs and return the next group. An empty group means that all jobs are done and no more come."""
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
        except BaseException as error:  # The callers get the error, whatever it is; the thread goes on.
            for job in wanted:
                job.error = job.error or error
        finally:
            self._is_committing = False
        for job in done:
            job.resolve()
