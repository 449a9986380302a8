"""The store's queries for mails to customers, on both databases."""

from __future__ import annotations

from datetime import timedelta

from oncall.paging.domain.events import CustomerReplied, Replied
from oncall.paging.ports.intake_store import SenderKey
from oncall.paging.ports.outgoing_mail import MAIL
from oncall.paging.ports.relay import CUSTOMER_MAIL, REPLIES_MAILED, SUBSCRIBER_MAIL, RelayFilter, RelayMessage
from oncall.paging.ports.store import Transaction
from oncall.store.sql_store import SqlStore
from tests.paging.world import at
from tests.store.examples import adding, ticket

NOW = at("2027-01-09 12:00")


def test_replies_of_the_log_are_found_between_two_numbers(store: SqlStore) -> None:
    def write(tx: Transaction) -> None:
        tx.append([Replied("T-1", NOW, "ana", "x", text="one"), CustomerReplied("T-1", NOW, "customer", "x")])
        tx.append([Replied("T-2", NOW, "ana", "x", text="two")])

    store.write(adding(ticket("T-1"), ticket("T-2", code="XY2")))
    store.write(write)
    last = store.read(lambda tx: tx.last_event())
    numbers = store.read(lambda tx: tx.event_numbers_after(0, most=10))
    assert (len(numbers), numbers[-1]) == (3, last)
    assert store.read(lambda tx: tx.last_event("T-1")) == numbers[1]
    assert store.read(lambda tx: tx.last_event("T-9")) == 0
    found = store.read(lambda tx: tx.messages_to_customers(after=0, until=last))
    assert [each.text for each in found if isinstance(each, Replied)] == ["one", "two"]
    assert len(store.read(lambda tx: tx.messages_to_customers(after=numbers[0], until=last))) == 1


def test_each_cursor_has_its_own_place(store: SqlStore) -> None:
    assert store.write(lambda tx: tx.move_relay_cursor(None, 7, REPLIES_MAILED))
    assert not store.write(lambda tx: tx.move_relay_cursor(None, 9, REPLIES_MAILED))
    assert store.read(lambda tx: (tx.relay_cursor(), tx.relay_cursor(REPLIES_MAILED))) == (None, 7)
    assert store.write(lambda tx: tx.move_relay_cursor(None, 3))
    assert not store.write(lambda tx: tx.move_relay_cursor(3, 8, REPLIES_MAILED))
    assert store.write(lambda tx: tx.move_relay_cursor(7, 8, REPLIES_MAILED))
    assert store.read(lambda tx: (tx.relay_cursor(), tx.relay_cursor(REPLIES_MAILED))) == (3, 8)


def test_the_latest_mail_of_a_ticket_is_the_one_that_is_answered(store: SqlStore) -> None:
    def write(tx: Transaction) -> None:
        for number, key in enumerate(("a@x", "b@x")):
            later = NOW + timedelta(minutes=number)
            tx.add_sender_key(SenderKey(MAIL, MAIL, key, "T-1", 0, None, False, later))

    store.write(write)
    assert store.read(lambda tx: (tx.latest_key(MAIL, MAIL, "T-1"), tx.latest_key(MAIL, MAIL, "T-2"))) == ("b@x", None)


def test_the_delivery_of_a_tickets_mail_is_kept_without_its_text(store: SqlStore) -> None:
    sent = NOW + timedelta(minutes=1)
    rows = [
        RelayMessage("msg_1", CUSTOMER_MAIL, "ticket.mail", "T-1", 1, "secret", NOW, None, sends=1, sent_at=sent),
        RelayMessage("msg_2", SUBSCRIBER_MAIL, "status.notice", "s1", 1, "secret", NOW, None, sends=1, sent_at=sent),
    ]

    def write(tx: Transaction) -> None:
        tx.add_relay_messages(rows)
        tx.update_relay_messages(rows)

    store.write(write)
    assert [each.body for each in store.read(lambda tx: tx.relay_messages(RelayFilter()))] == ["", ""]
    store.write(lambda tx: tx.forget_relay_messages(written_before=NOW + timedelta(days=20)))
    assert [each.id for each in store.read(lambda tx: tx.relay_messages(RelayFilter()))] == ["msg_1"]
