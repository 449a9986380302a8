"""Which messages the store counts for the rate limits."""

from __future__ import annotations

from dataclasses import replace

from oncall.paging.domain.reachability import Alert
from oncall.paging.domain.ticket import AttemptStatus, Purpose
from oncall.paging.ports.records import InboundMessage, SentText
from oncall.paging.ports.store import Transaction
from oncall.store.sql_store import SqlStore
from tests.store.test_send_queue import keep, page, sent_at

from .examples import NOW, minutes


def test_sent_texts_are_listed_for_all_phones_and_for_one(filled: SqlStore) -> None:
    gone = {"status": AttemptStatus.ACCEPTED}
    keep(
        filled,
        page("a-1", sent_at=NOW, **gone),
        page("a-2", sent_at=NOW + minutes(3), purpose=Purpose.NOTICE, **gone),
        page("a-3", sent_at=NOW + minutes(2), to="ben", **gone),
        page("a-4", sent_at=NOW + minutes(4), status=AttemptStatus.UNDELIVERED),
        page("a-5", **gone),
    )
    sent = [
        sent_at(filled, most=2),
        sent_at(filled, to="ana"),
        sent_at(filled, to="mei"),
        sent_at(filled, since=NOW + minutes(3)),
    ]
    assert sent == [[4, 3], [4, 3, 0], [], [4, 3]]
    last = filled.read(lambda tx: (tx.last_page_to("ana"), tx.last_page_to("mei")))
    assert last == (page("a-1", sent_at=NOW, **gone), None)


def test_sent_texts_include_pages_alerts_and_answers(filled: SqlStore) -> None:
    alert = Alert("f" * 32, "deaf ana", "mei", "Ana has sent STOP.", NOW, None, sent_at=NOW + minutes(2))
    keep(
        filled,
        page("a-1", sent_at=NOW, bundle="a-1", sent_text="both", status=AttemptStatus.ACCEPTED),
        page("a-2", ticket="T-2", bundle="a-1", sent_text="both", status=AttemptStatus.ACCEPTED),
        page("a-3", sent_at=NOW + minutes(1), body="one", status=AttemptStatus.ACCEPTED),
    )
    filled.write(lambda tx: tx.add_alert(replace(alert, sent_at=None)))
    filled.write(lambda tx: tx.update_alert(alert))
    filled.write(lambda tx: tx.add_inbound(InboundMessage("SM3", NOW + minutes(3), "ana", "ACK", "T-1 is yours.")))
    filled.write(lambda tx: tx.add_inbound(InboundMessage("SM4", NOW + minutes(4), "ana", "STOP", "")))

    def said_to(tx: Transaction) -> list[list[SentText]]:
        return [tx.texts_sent(since=NOW, most=9, to=to) for to in (None, "mei", "ana")]

    ticket_texts = [SentText(NOW + minutes(1), "one"), SentText(NOW, "both")]
    warning = SentText(NOW + minutes(2), "Ana has sent STOP.")
    answer = SentText(NOW + minutes(3), "T-1 is yours.")
    assert filled.read(said_to) == [[answer, warning, *ticket_texts], [warning], ticket_texts]


def test_calls_to_a_person_are_listed_and_do_not_count_as_texts(filled: SqlStore) -> None:
    gone = {"status": AttemptStatus.ACCEPTED, "channel": "voice"}
    later = page("a-2", sent_at=NOW + minutes(2), ticket="T-2", **gone)
    keep(
        filled,
        page("a-1", sent_at=NOW, **gone),
        later,
        page("a-3", sent_at=NOW + minutes(3), to="ben", **gone),
        page("a-4", channel="voice"),
        page("a-5", sent_at=NOW + minutes(1), status=AttemptStatus.ACCEPTED),
    )
    assert filled.read(lambda tx: tx.calls_to("ana", since=NOW + minutes(1))) == [later]
    assert sent_at(filled) == [1]
    last = filled.read(lambda tx: tx.last_page_to("ana"))
    assert last is not None
    assert last.id == "a-5"


def test_a_channel_has_delivered_to_a_person_after_its_first_delivery(filled: SqlStore) -> None:
    keep(filled, page("a-1", status=AttemptStatus.DELIVERED), page("a-2", to="ben", status=AttemptStatus.SENT))
    known = filled.read(
        lambda tx: [tx.has_delivered(*one) for one in (("ana", "sms"), ("ana", "voice"), ("ben", "sms"))]
    )
    assert known == [True, False, False]


def test_the_leading_ticket_of_a_bundle_was_paged_last(filled: SqlStore) -> None:
    gone = {"status": AttemptStatus.ACCEPTED, "bundle": "a-1"}
    keep(
        filled,
        page("a-1", sent_at=NOW, at=NOW, **gone),
        page("a-2", ticket="T-2", at=NOW, written_at=NOW + minutes(1), **gone),
    )
    assert filled.read(lambda tx: tx.paged_tickets("ana")) == ["T-1", "T-2"]
