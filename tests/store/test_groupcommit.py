"""Whoever waits behind others that wait for a lock is answered in the same time as they."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from oncall.store.group_commit import LEAST_PATIENCE_SECONDS, GroupCommit, Job


class Locked:
    """A commit that hangs until `go`, and notes for how long it was allowed to wait for each group."""

    def __init__(self) -> None:
        self.now = 100.0
        self.patience: list[float] = []
        self.began, self.go = threading.Event(), threading.Event()

    def commit(self, jobs: Sequence[Job], patience_seconds: float) -> Sequence[Job]:
        self.patience.append(patience_seconds)
        self.began.set()
        assert self.go.wait(60)
        for job in jobs:
            job.result = "stored"
        return jobs


def test_the_time_for_which_work_waited_behind_others_counts_in_its_patience() -> None:
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
    assert locked.patience == [5.0, 1.0]
    group.close()


def test_work_that_waited_too_long_still_gets_past_a_brief_lock() -> None:
    locked = Locked()
    group = GroupCommit(locked.commit, "here", 5.0, monotonic=lambda: locked.now)
    first = group.submit(lambda _: None)
    assert locked.began.wait(60)
    second = group.submit(lambda _: None)
    locked.now += 9.0
    locked.go.set()
    assert [first.result(60), second.result(60)] == ["stored"] * 2
    assert locked.patience == [5.0, LEAST_PATIENCE_SECONDS]
    group.close()
