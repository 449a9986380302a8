"""Group commit: one thread runs all waiting jobs in one transaction, so that all share one write to the disk."""

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
GATHER_SECONDS = 0.02
"""Shortest time (real) between the starts of two groups while many jobs arrive. A job alone does not wait."""
RECENT_SECONDS = 0.2
"""Real time over which arriving jobs are counted."""
MANY_RECENT = 72
"""So many jobs in RECENT_SECONDS are many: the jobs of 150 urgent tickets a second."""
SHORTEST_LOCK_WAIT_SECONDS = 0.25
"""A group waits at least this long for another program's lock, because most locks are brief."""


@dataclass(slots=True)
class Job:
    """One piece of work and the future that its caller waits for. `submitted_at`: seconds of the monotonic clock.

    Call `resolve` once, after the commit or its failure, and `reset` before running the work again.
    """

    work: Callable[[Transaction], object]
    future: Future[Any]
    submitted_at: float
    result: object = None
    error: BaseException | None = field(default=None)

    def reset(self) -> None:
        """Drop the result and the error of a run whose transaction was rolled back."""
        self.result = self.error = None

    def resolve(self) -> None:
        """Give the caller, through the future, the result or the error of the work."""
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.result)


class GroupCommit:
    """Passes all waiting jobs, at most MOST_PER_COMMIT, to `commit` as one group. It does so in one thread.

    A job that arrives alone is committed at once. While many jobs arrive, a group is taken at most every
    `gather_seconds` (real): fewer and larger groups need much less processor time for each job.

    commit: runs the jobs, sets the result or error of each, and returns those that are finished. It passes the others
    to another thread, which resolves them. Its second argument is the time (seconds) that it may wait for another
    program's lock: `lock_wait_seconds` minus the time that the oldest job has already waited, so that every caller gets
    an answer in time. The thread starts with the first job.
    """

    def __init__(
        self,
        commit: Callable[[Sequence[Job], float], Sequence[Job]],
        place: str,
        lock_wait_seconds: float,
        *,
        gather_seconds: float = GATHER_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._commit = commit
        self._place = place
        self._lock_wait_seconds = lock_wait_seconds
        self._gather_seconds = gather_seconds
        self._monotonic = monotonic
        self._waiting: deque[Job] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._thread: threading.Thread | None = None
        self._is_committing = False
        self._has_many = self._is_gathering = False
        self._taken_at = 0.0
        self._recent: deque[tuple[float, int]] = deque()

    def submit(self, work: Callable[[Transaction], T]) -> Future[T]:
        """Queue a job that runs `work`. Its changes are durable when the future has a result.

        Raises StoreUnavailable after `close`, or if the queue is too long.
        """
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
            if not self._is_gathering or len(self._waiting) >= MOST_PER_COMMIT:
                self._changed.notify()
        return future

    def close(self) -> None:
        """Commit the waiting jobs, then end the thread."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def _run_nested(self, job: Job) -> None:
        """Run a job that the committing thread itself submits, as from a callback. In the queue it would block."""
        if self._is_committing:
            raise RuntimeError("work inside a transaction cannot open another transaction")
        self._run([job])

    def _loop(self) -> None:
        while group := self._next_group():
            self._run(group)

    def _next_group(self) -> list[Job]:
        """Wait for jobs, take them from the queue and return them. Empty if the queue is closed and no job is left."""
        with self._changed:
            while not self._waiting and not self._closed:
                self._changed.wait()
            if self._has_many:
                self._gather()
            group = [self._waiting.popleft() for _ in range(min(len(self._waiting), MOST_PER_COMMIT))]
            self._note_taken(len(group))
            return group

    def _note_taken(self, jobs: int) -> None:
        """Note the start of a group, and whether many jobs arrive, at least two of them together."""
        now = self._taken_at = self._monotonic()
        self._recent.append((now, jobs))
        while self._recent[0][0] < now - RECENT_SECONDS:
            self._recent.popleft()
        self._has_many = jobs > 1 and sum(each for _, each in self._recent) >= MANY_RECENT

    def _gather(self) -> None:
        """Wait for more jobs, until `gather_seconds` after the last group was taken. Call it with the lock held."""
        self._is_gathering = True
        self._changed.wait_for(
            lambda: self._closed or len(self._waiting) >= MOST_PER_COMMIT,
            timeout=self._taken_at + self._gather_seconds - self._monotonic(),
        )
        self._is_gathering = False

    def _run(self, group: Sequence[Job]) -> None:
        active = [job for job in group if job.future.set_running_or_notify_cancel()]
        if not active:
            return
        waited = self._monotonic() - min(job.submitted_at for job in active)
        done: Sequence[Job] = active
        self._is_committing = True
        try:
            done = self._commit(active, max(self._lock_wait_seconds - waited, SHORTEST_LOCK_WAIT_SECONDS))
        except BaseException as error:  # Every caller must get an answer, and the thread must continue.
            for job in active:
                job.error = job.error or error
        finally:
            self._is_committing = False
        for job in done:
            job.resolve()
