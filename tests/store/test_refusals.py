"""The counts of refused requests, as another process reads them."""

from __future__ import annotations

from dataclasses import replace

from oncall.paging.ports.refusals import Refusal, RefusalCount, RefusalReason
from oncall.store.sql_store import SqlStore

from .examples import NOW, minutes

HOUR = NOW.replace(minute=0, second=0, microsecond=0)
REFUSAL = Refusal(NOW, RefusalReason.BODY, 422, "zendesk", "192.0.2.7", 'impact: "P1" is not an impact')
COUNT = RefusalCount("host:1", HOUR, 5, REFUSAL)


def test_a_count_is_read_back_as_it_was_written(store: SqlStore) -> None:
    of_another_reason = replace(
        COUNT, last=replace(REFUSAL, reason=RefusalReason.TOKEN, caller="", at=NOW + minutes(1))
    )
    accepted = replace(COUNT, worker="host:2", last=replace(REFUSAL, at=NOW + minutes(2)), accepted_at=NOW + minutes(9))
    store.write(lambda t: t.write_refusals([COUNT, of_another_reason, accepted]))
    assert store.read(lambda t: t.refusals(since=HOUR)) == [COUNT, of_another_reason, accepted]
    assert store.read(lambda t: t.refusals(since=HOUR + minutes(60))) == []


def test_a_count_replaces_the_earlier_one_of_its_process_hour_caller_and_reason(store: SqlStore) -> None:
    later = replace(COUNT, count=7, last=replace(REFUSAL, at=NOW + minutes(3), detail="id: missing"))
    store.write(lambda t: t.write_refusals([COUNT]))
    store.write(lambda t: t.write_refusals([later]))
    assert store.read(lambda t: t.refusals(since=HOUR)) == [later]


def test_counts_of_two_weeks_ago_are_deleted(store: SqlStore) -> None:
    old = replace(COUNT, hour=HOUR - minutes(15 * 24 * 60))
    store.write(lambda t: t.write_refusals([old]))
    store.write(lambda t: t.write_refusals([COUNT]))
    assert store.read(lambda t: t.refusals(since=old.hour)) == [COUNT]
