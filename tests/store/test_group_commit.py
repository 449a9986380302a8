"""A group waits for a lock only as long as its oldest job may still wait; many jobs share a group."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from oncall.store.group_commit import MANY_RECENT, MOST_PER_COMMIT, SHORTEST_LOCK_WAIT_SECONDS, GroupCommit, Job


class Locked:
    """A commit that blocks until `go`, and records how long each group may wait for a lock."""

    def __init__(self) -> None:
        self.now = 100.0
        self.lock_waits: list[float] = []
        self.sizes: list[int] = []
        self.began, self.go = threading.Event(), threading.Event()

    def commit(self, jobs: Sequence[Job], lock_wait_seconds: float) -> Sequence[Job]:
        self.lock_waits.append(lock_wait_seconds)
        self.sizes.append(len(jobs))
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


HOUR = 3600.0
"""A gathering that ends in no test by itself."""


def gathering(locked: Locked) -> GroupCommit:
    """Return a queue in which many jobs have just arrived, so that the next group gathers."""
    group = GroupCommit(locked.commit, "here", 5.0, gather_seconds=HOUR, monotonic=lambda: locked.now)
    first = group.submit(lambda _: None)
    assert locked.began.wait(60)
    many = [group.submit(lambda _: None) for _ in range(MANY_RECENT)]
    locked.go.set()
    assert [job.result(60) for job in (first, *many)] == ["stored"] * (1 + MANY_RECENT)
    assert locked.sizes == [1, MOST_PER_COMMIT, MANY_RECENT - MOST_PER_COMMIT]
    locked.sizes.clear()
    return group


def test_jobs_that_arrive_alone_are_stored_at_once() -> None:
    locked = Locked()
    locked.go.set()
    group = GroupCommit(locked.commit, "here", 5.0, gather_seconds=HOUR, monotonic=lambda: locked.now)
    assert [group.submit(lambda _: None).result(60) for _ in range(2 * MANY_RECENT)] == ["stored"] * 2 * MANY_RECENT
    assert locked.sizes == [1] * 2 * MANY_RECENT
    group.close()


def test_while_many_jobs_arrive_they_wait_for_others_and_share_a_group() -> None:
    locked = Locked()
    group = gathering(locked)
    jobs = [group.submit(lambda _: None) for _ in range(MOST_PER_COMMIT)]
    assert [job.result(60) for job in jobs] == ["stored"] * MOST_PER_COMMIT
    assert locked.sizes == [MOST_PER_COMMIT]
    group.close()


def test_a_job_that_comes_after_the_gathering_is_stored_at_once() -> None:
    locked = Locked()
    group = gathering(locked)
    locked.now += HOUR
    assert group.submit(lambda _: None).result(60) == "stored"
    assert group.submit(lambda _: None).result(60) == "stored", "the group before held one job"
    assert locked.sizes == [1, 1]
    group.close()


def test_closing_stores_the_jobs_that_wait_for_others() -> None:
    locked = Locked()
    group = gathering(locked)
    job = group.submit(lambda _: None)
    group.close()
    assert job.result(60) == "stored"
    assert locked.sizes == [1]
