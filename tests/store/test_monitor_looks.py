"""The last look of each monitor, and the observations in the status log, on each database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from oncall.status.status_events import MonitorLook, StatusEvent, StatusEventKind
from oncall.store.sql_store import SqlStore

NOON = datetime(2027, 3, 1, 17, tzinfo=UTC)
LOOK = MonitorLook("portal", NOON, NOON + timedelta(seconds=90), ((NOON, "up"),))


def test_the_last_look_replaces_the_one_before(store: SqlStore) -> None:
    assert store.read(lambda t: t.monitor_looks()) == []
    store.write(lambda t: t.note_look(LOOK))
    store.write(lambda t: t.note_look(MonitorLook("api", NOON, NOON)))
    later = MonitorLook(
        "portal", NOON + timedelta(seconds=30), NOON + timedelta(minutes=2), (*LOOK.recent, (NOON, "down"))
    )
    store.write(lambda t: t.note_look(later))
    assert store.read(lambda t: t.monitor_looks()) == [MonitorLook("api", NOON, NOON), later]


def test_an_observation_is_read_back(store: SqlStore) -> None:
    event = StatusEvent(
        "portal", StatusEventKind.OBSERVED, NOON, NOON, "monitor", state="silent", reason="key", start=NOON, seq=1
    )
    store.write(lambda t: t.add_status_event(event))
    assert store.read(lambda t: t.status_events()) == [event]
