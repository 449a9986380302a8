"""A group waits for a lock only as long as its oldest job may still wait."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from oncall.store.group_commit import SHORTEST_LOCK_WAIT_SECONDS, GroupCommit, Job


class Locked:
    """A commit that blocks until `go`, and records how long each group may wait for a lock."""

    def __init__(self) -> None:
        self.now = 100.0
        self.lock_waits: list[float] = []
        self.began, self.go = threading.Event(), threading.Event()

    def commit(self, jobs: Sequence[Job], lock_wait_seconds: float) -> Sequence[Job]:
        self.lock_waits.append(lock_wait_seconds)
        self.began.set()
        assert self.go.wait(60)
        for job in jobs:
            job.result = "stored"
        return jobs


def test_the_time_that_a_job_has_waited_shortens_its_wait_for_a_lock() -> None:
    locked = Locked()
    group = GroupCommit(locked.commit, "here", 5.0, monotonic=lambda: locked.now)
    first = group.submit(lambda _: None)
    assert locked.began.wait(60)
    second = group.submit(lambda _: None)
    locked.now += 3.0
    third = group.submit(lambda _: None)
    locked.now += 1.0
    locked.go.set()
    assert [waiting.result(60) for waiting in (first, second, third)] == ["stored"] * 3
    assert locked.lock_waits == [5.0, 1.0]
    group.close()


def test_a_job_that_has_waited_too_long_still_waits_for_a_brief_lock() -> None:
    locked = Locked()
    group = GroupCommit(locked.commit, "here", 5.0, monotonic=lambda: locked.now)
    first = group.submit(lambda _: None)
    assert locked.began.wait(60)
    second = group.submit(lambda _: None)
    locked.now += 9.0
    locked.go.set()
    assert [first.result(60), second.result(60)] == ["stored"] * 2
    assert locked.lock_waits == [5.0, SHORTEST_LOCK_WAIT_SECONDS]
    group.close()
