"""Subscribers to the status page in the store, their requests by source and address, and the cursor of notices."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from oncall.paging.actions.subscription_limits import AskedTooOften
from oncall.paging.actions.subscriptions import Asked, subscribe
from oncall.paging.ports.relay import SUBSCRIBER_CODES, SUBSCRIBER_MAIL, SUBSCRIBER_SMS, RelayFilter, RelayMessage
from oncall.paging.ports.subscribers import NoticeCursor, Subscriber
from oncall.status.status_events import StatusEvent, StatusEventKind
from oncall.store.database import open_store
from oncall.store.sql_store import SqlStore
from tests.paging.world import World

from .examples import NOW, minutes

ANA = Subscriber("a1", "ana@example.org", ("portal",), "tok-a", NOW, "ab" * 32, NOW + minutes(60))
BEN = Subscriber("b2", "ben@example.org", (), "tok-b", NOW, confirmed_at=NOW)


def test_a_subscriber_is_found_by_address_digest_and_token_and_changes(store: SqlStore) -> None:
    store.write(lambda tx: tx.put_subscriber(ANA))
    assert store.read(lambda tx: tx.subscriber_at("ana@example.org")) == ANA
    assert store.read(lambda tx: tx.subscriber_to_confirm("ab" * 32)) == ANA
    assert store.read(lambda tx: tx.subscriber("a1")) == ANA
    changed = replace(ANA, confirmed_at=NOW, components=())
    store.write(lambda tx: tx.put_subscriber(changed))
    assert store.read(lambda tx: tx.subscriber_with("tok-a")) == changed
    assert store.read(lambda tx: tx.subscriber_at("eve@example.org")) is None
    assert "ana@" not in repr(ANA) and "tok-a" not in repr(ANA)


def test_only_confirmed_subscribers_are_listed_in_order(store: SqlStore) -> None:
    store.write(lambda tx: tx.put_subscriber(ANA))
    store.write(lambda tx: tx.put_subscriber(BEN))
    assert store.read(lambda tx: tx.confirmed_subscribers(after="", most=5)) == [BEN]
    assert store.read(lambda tx: tx.confirmed_subscribers(after="b2", most=5)) == []
    hook = replace(BEN, id="c3", address="https://example.org/hook", manage_token="tok-c")
    store.write(lambda tx: tx.put_subscriber(hook))
    assert store.read(lambda tx: tx.count_subscribers()) == 1


def test_a_subscriber_leaves_with_the_mail_that_is_not_sent(store: SqlStore) -> None:
    def message(name: str, subscriber: str) -> RelayMessage:
        return RelayMessage(name, SUBSCRIBER_MAIL, "status.notice", subscriber, 1, "{}", NOW, NOW)

    store.write(lambda tx: tx.put_subscriber(ANA))
    sent = replace(message("msg_sent", "a1"), due_at=None, sent_at=NOW)
    store.write(lambda tx: tx.add_relay_messages([message("msg_1", "a1"), message("msg_2", "b2"), sent]))
    store.write(lambda tx: tx.remove_subscriber("a1"))
    assert store.read(lambda tx: tx.subscriber_with("tok-a")) is None
    assert {each.id for each in store.read(lambda tx: tx.relay_messages(RelayFilter()))} == {"msg_2", "msg_sent"}


def test_a_number_that_sent_stop_stays_stopped_and_loses_its_unsent_texts(store: SqlStore) -> None:
    for _ in range(2):
        store.write(lambda tx: tx.stop_texts("cd" * 32, NOW))
    assert store.read(lambda tx: tx.has_stopped_texts("cd" * 32))
    assert not store.read(lambda tx: tx.has_stopped_texts("ef" * 32))
    phone = replace(BEN, id="d4", address="+14155550123", manage_token="tok-d")
    store.write(lambda tx: tx.put_subscriber(phone))
    text = RelayMessage("msg_3", SUBSCRIBER_SMS, "status.notice", "d4", 1, "{}", NOW, NOW)
    code = replace(text, id="msg_4", to=SUBSCRIBER_CODES)
    store.write(lambda tx: tx.add_relay_messages([text, code]))
    assert store.read(lambda tx: tx.count_subscribers()) == 0
    store.write(lambda tx: tx.remove_subscriber("d4"))
    assert store.read(lambda tx: tx.relay_messages(RelayFilter())) == []


def test_a_text_whose_relay_died_is_known_to_have_perhaps_gone_out(store: SqlStore) -> None:
    text = RelayMessage("msg_5", SUBSCRIBER_SMS, "status.notice", "d4", 1, "{}", NOW, NOW)
    store.write(lambda tx: tx.add_relay_messages([text]))

    def claimed(at: datetime) -> list[RelayMessage]:
        until = at + minutes(3)
        return store.write(lambda tx: tx.claim_relay_messages(SUBSCRIBER_SMS, real_now=at, lease_until=until, most=1))

    assert [each.may_have_gone for each in claimed(NOW)] == [False]
    assert claimed(NOW + minutes(2)) == []
    assert [each.may_have_gone for each in claimed(NOW + minutes(3))] == [True]


def test_those_who_did_not_confirm_in_time_are_forgotten(store: SqlStore) -> None:
    store.write(lambda tx: tx.put_subscriber(ANA))
    store.write(lambda tx: tx.put_subscriber(BEN))
    store.write(lambda tx: tx.forget_unconfirmed(ended_by=NOW + minutes(59)))
    assert store.read(lambda tx: tx.subscriber_at(ANA.address)) == ANA
    store.write(lambda tx: tx.forget_unconfirmed(ended_by=NOW + minutes(60)))
    assert store.read(lambda tx: tx.subscriber_at(ANA.address)) is None
    assert store.read(lambda tx: tx.subscriber_at(BEN.address)) == BEN


def test_asks_are_counted_by_key_since_an_instant(store: SqlStore) -> None:
    store.write(lambda tx: tx.add_subscription_asks(("one", "two"), NOW))
    store.write(lambda tx: tx.add_subscription_asks(("one",), NOW + minutes(5)))
    assert store.read(lambda tx: tx.subscription_asks("one", since=NOW - minutes(1))) == 2
    assert store.read(lambda tx: tx.subscription_asks("one", since=NOW)) == 1
    store.write(lambda tx: tx.forget_subscription_asks(before=NOW + minutes(1)))
    assert store.read(lambda tx: tx.subscription_asks("one", since=NOW - minutes(1))) == 1
    assert store.read(lambda tx: tx.subscription_asks("two", since=NOW - minutes(1))) == 0


def test_the_cursor_moves_only_from_where_it_is(store: SqlStore) -> None:
    first, second = NoticeCursor(3), NoticeCursor(3, "a1")
    assert store.read(lambda tx: tx.notice_cursor()) is None
    assert store.write(lambda tx: tx.move_notice_cursor(None, first))
    assert not store.write(lambda tx: tx.move_notice_cursor(None, first))
    assert store.write(lambda tx: tx.move_notice_cursor(first, second))
    assert not store.write(lambda tx: tx.move_notice_cursor(first, NoticeCursor(4)))
    assert store.read(lambda tx: tx.notice_cursor()) == second


def test_the_events_of_the_page_are_read_one_after_the_other(store: SqlStore) -> None:
    assert store.read(lambda tx: tx.last_status_event()) == 0
    event = StatusEvent("x1", StatusEventKind.OPENED, NOW, NOW, "mei", title="Down", components={"portal": "x"})
    store.write(lambda tx: tx.add_status_event(event))
    assert store.read(lambda tx: tx.last_status_event()) == 1
    assert store.read(lambda tx: tx.next_status_event(0)) == replace(event, seq=1)
    assert store.read(lambda tx: tx.next_status_event(1)) is None


@pytest.mark.slow
def test_two_processes_that_are_asked_at_the_same_moment_send_three_mails_to_an_address(
    tmp_path: Path, url: str
) -> None:
    world = World(tmp_path, now=NOW, url=url)
    world.publish()
    all_ready, refused = threading.Barrier(6), []
    asked = Asked("ana@example.org", (), "192.0.2.7", "https://oncall.example")

    def one(store: SqlStore) -> None:
        all_ready.wait()
        try:
            store.write(lambda tx: subscribe(tx, asked, now=NOW, real_now=NOW))
        except AskedTooOften:
            refused.append(True)

    with open_store(url) as other:
        asking = [threading.Thread(target=one, args=(store,)) for store in (world.store, other) for _ in range(3)]
        for each in asking:
            each.start()
        for each in asking:
            each.join()
    mails = world.store.read(lambda tx: tx.relay_messages(RelayFilter()))
    assert (len(mails), len(refused)) == (3, 3)
    world.close()
