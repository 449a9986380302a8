"""The log of arrivals, the senders' keys and the heartbeats, on each database."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from oncall.errors import Conflict, NotFound
from oncall.paging.ports.heartbeat_store import Heartbeat
from oncall.paging.ports.intake_store import Arrival, ArrivalStatus, SenderKey, WaitingFailures
from oncall.paging.ports.store import Transaction
from oncall.store.sql_store import SqlStore

from .examples import NOW, minutes

ODD = "k\u00e9y '\"; DROP TABLE tickets; --"
KEY = SenderKey("prometheus", "alertmanager", ODD, "am-1", 1, "urgent", False, NOW)
FAILED = Arrival(
    "a1",
    NOW,
    "prometheus",
    "alertmanager",
    "/webhooks/alertmanager?x=1",
    ArrivalStatus.FAILED,
    ("the body is not JSON",),
    ("am-1",),
    b"\x00\xff{",
    True,
    {"content-type": "text/plain"},
)
BEAT = Heartbeat("backup", minutes(10), minutes(5), "mei", NOW, NOW + minutes(15), "Acme", "standard", "low")


def test_a_sender_s_key_is_read_back_and_changed(store: SqlStore) -> None:
    store.write(lambda t: t.add_sender_key(KEY))
    ended = replace(KEY, ticket=None, opened=2, impact=None, has_ended=True, changed_at=NOW + minutes(1))
    assert store.read(lambda t: t.sender_key("prometheus", "alertmanager", ODD)) == KEY
    store.write(lambda t: t.update_sender_key(ended))
    assert store.read(lambda t: t.sender_key("prometheus", "alertmanager", ODD)) == ended
    assert store.read(lambda t: t.sender_key("other", "alertmanager", ODD)) is None


def test_a_key_is_stored_once(store: SqlStore) -> None:
    store.write(lambda t: t.add_sender_key(KEY))
    with pytest.raises(Conflict):
        store.write(lambda t: t.add_sender_key(KEY))


def test_a_key_of_the_same_transaction_is_read(store: SqlStore) -> None:
    def work(t: Transaction) -> SenderKey | None:
        t.add_sender_key(KEY)
        return t.sender_key("prometheus", "alertmanager", ODD)

    assert store.submit(work).result() == KEY


def test_an_arrival_is_read_back_byte_for_byte(store: SqlStore) -> None:
    store.write(lambda t: t.add_arrival(FAILED))
    assert store.read(lambda t: t.arrival("a1")) == FAILED
    assert store.read(lambda t: t.arrivals(limit=5)) == [replace(FAILED, body=None)]
    dropped = replace(FAILED, status=ArrivalStatus.DROPPED, body=None, outcome=("mei dropped it",))
    store.write(lambda t: t.update_arrival(dropped))
    assert store.read(lambda t: t.arrival("a1")) == dropped
    assert store.read(lambda t: t.arrival("a2")) is None


def test_arrivals_are_listed_by_status_and_caller_and_forgotten_with_time(store: SqlStore) -> None:
    taken = replace(FAILED, id="a2", status=ArrivalStatus.TAKEN, body=None, at=NOW + minutes(1), caller="zendesk")
    ended = replace(KEY, has_ended=True)
    store.write(lambda t: t.add_arrival(FAILED))
    store.write(lambda t: t.add_arrival(taken))
    store.write(lambda t: t.add_sender_key(ended))
    assert [one.id for one in store.read(lambda t: t.arrivals(limit=5))] == ["a2", "a1"]
    assert [one.id for one in store.read(lambda t: t.arrivals(limit=5, caller="zendesk"))] == ["a2"]
    assert [one.id for one in store.read(lambda t: t.arrivals(limit=5, status=ArrivalStatus.FAILED))] == ["a1"]
    assert store.read(lambda t: t.failures_of("prometheus")) == (1, NOW)
    assert store.read(lambda t: t.failures_of("zendesk")) == (0, None)
    assert store.read(lambda t: t.waiting_failures()) == [WaitingFailures("prometheus", 1, NOW)]
    assert store.write(lambda t: t.forget_arrivals(before=NOW + timedelta(days=1))) == 2
    assert [one.id for one in store.read(lambda t: t.arrivals(limit=5))] == ["a1"]


def test_letters_that_no_id_has_find_nothing(store: SqlStore) -> None:
    store.write(lambda t: t.add_arrival(FAILED))
    for odd in ("", "a\x00b", "a b", "é", "%00"):
        assert store.read(lambda t, odd=odd: t.arrival(odd)) is None  # type: ignore[misc]
    assert store.read(lambda t: t.arrivals(limit=5, caller="\x00")) == []


def test_a_heartbeat_is_read_back_changed_and_removed(store: SqlStore) -> None:
    store.write(lambda t: t.add_heartbeat(BEAT))
    assert store.read(lambda t: (t.heartbeat("backup"), t.heartbeats())) == (BEAT, [BEAT])
    assert store.read(lambda t: t.silent_heartbeats(NOW + minutes(14))) == []
    assert store.read(lambda t: t.silent_heartbeats(NOW + minutes(15))) == ["backup"]
    silent = replace(BEAT, last_at=NOW, due_at=NOW + minutes(1), ticket="hb-backup", opened=1)
    store.write(lambda t: t.update_heartbeat(silent))
    assert store.read(lambda t: t.heartbeat("backup")) == silent
    assert store.read(lambda t: t.silent_heartbeats(NOW + minutes(15))) == []
    with pytest.raises(Conflict):
        store.write(lambda t: t.add_heartbeat(BEAT))
    store.write(lambda t: t.remove_heartbeat("backup"))
    with pytest.raises(NotFound) as refused:
        store.write(lambda t: t.remove_heartbeat("backup"))
    assert str(refused.value) == 'there is no heartbeat "backup"; `oncall heartbeat list` shows them'
