"""Opt-outs and alerts, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import partial

from oncall.paging.domain.reachability import Alert, Reach, Reachability
from oncall.paging.domain.ticket import AttemptStatus
from oncall.paging.ports.records import InboundMessage
from oncall.paging.ports.store import Transaction
from oncall.store.sql_store import SqlStore

from .examples import NOW, attempt, minutes, ticket

STOP = Reachability("ana", "sms", Reach.OPTED_OUT, NOW, "sent STOP", "+13055550101")
ALERT = Alert("f" * 32, "deaf ana", "mei", "Ana has sent STOP.", NOW, NOW)


def test_the_latest_record_for_a_person_and_channel_counts(store: SqlStore) -> None:
    store.write(lambda t: t.note_reachability(STOP))
    other = replace(STOP, person="ben")
    store.write(lambda t: t.note_reachability(other))
    assert store.read(lambda t: t.opted_out()) == [STOP, other]
    store.write(lambda t: t.note_reachability(replace(STOP, state=Reach.REACHABLE, why="sent START")))
    assert store.read(lambda t: t.opted_out()) == [other]


def test_a_record_is_seen_in_the_same_transaction(store: SqlStore) -> None:
    def noting(t: Transaction) -> tuple[list[Reachability], list[Reachability]]:
        before = list(t.opted_out())
        t.note_reachability(STOP)
        return before, t.opted_out()

    assert store.write(noting) == ([], [STOP])


def test_a_person_was_last_reached_by_the_latest_message_to_or_from_them(store: SqlStore) -> None:
    def story(t: Transaction) -> None:
        t.add_ticket(ticket("T-1"))
        arrived = attempt("a-1", "T-1", to="ana", at=minutes_after(1), status=AttemptStatus.DELIVERED)
        sent = replace(arrived, id="a-2", to="ben", status=AttemptStatus.SENT)
        desk = replace(arrived, id="a-3", to="desk", channel="desk")
        t.add_attempts([arrived, sent, desk])
        t.add_inbound(InboundMessage("SM1", minutes_after(2), "ana", "ACK", ""))
        t.add_inbound(InboundMessage("SM2", minutes_after(3), "mei", "WHO", ""))

    store.write(story)
    assert store.read(lambda t: t.reached()) == {"ana": minutes_after(2), "mei": minutes_after(3)}


def minutes_after(count: int) -> datetime:
    return NOW + minutes(count)


def test_an_alert_about_one_subject_is_stored_once(store: SqlStore) -> None:
    assert store.write(lambda t: t.add_alert(ALERT))
    assert not store.write(lambda t: t.add_alert(replace(ALERT, id="e" * 32)))


def test_an_alert_is_claimed_again_when_its_lease_expires(store: SqlStore) -> None:
    store.write(lambda t: t.add_alert(ALERT))
    lease = NOW + minutes(1)
    assert store.write(lambda t: t.claim_alerts(real_now=NOW, lease_until=lease)) == [ALERT]
    assert store.write(lambda t: t.claim_alerts(real_now=NOW, lease_until=lease)) == []
    again = store.write(lambda t: t.claim_alerts(real_now=lease, lease_until=lease + minutes(1)))
    assert [alert.id for alert in again] == [ALERT.id]


def test_alerts_are_listed_by_the_time_of_writing_newest_first(store: SqlStore) -> None:
    later = replace(ALERT, id="e" * 32, about="deaf ben", written_at=ALERT.written_at + minutes(1))
    for alert in (ALERT, later):
        store.write(partial(_add, alert))
    assert store.read(lambda t: t.alerts(written_since=ALERT.written_at)) == [later, ALERT]
    assert store.read(lambda t: t.alerts(written_since=later.written_at)) == [later]


def _add(alert: Alert, tx: Transaction) -> None:
    tx.add_alert(alert)


def test_a_finished_alert_is_not_claimed(store: SqlStore) -> None:
    store.write(lambda t: t.add_alert(ALERT))
    over = replace(ALERT, due_at=None, sends=1, provider_id="SM1")
    store.write(lambda t: t.update_alert(over))
    assert store.write(lambda t: t.claim_alerts(real_now=NOW + minutes(60), lease_until=NOW)) == []
