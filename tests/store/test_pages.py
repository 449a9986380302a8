"""Listings page by page: every row once, whatever is written between two pages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from oncall.errors import OncallError
from oncall.intake.arrival_pages import ArrivalPage, failures_page, log_page
from oncall.paging.ports.intake_store import Arrival, ArrivalStatus
from oncall.paging.ports.relay import RelayFilter, RelayMessage, RelayPlace
from oncall.paging.relay.retrying import relay_list, retry
from oncall.store.sql_store import SqlStore

NOW = datetime(2027, 1, 9, 8, 12, 0, 250, tzinfo=UTC)


def arrive(store: SqlStore, name: str, *, seconds: int, status: ArrivalStatus = ArrivalStatus.TAKEN) -> None:
    arrival = Arrival(name, NOW + timedelta(seconds=seconds), "crm", "zendesk", "/webhooks/zendesk", status)
    store.write(lambda tx: tx.add_arrival(arrival))


def tell(store: SqlStore, name: str, *, position: int, seconds: int = 0) -> None:
    at = NOW + timedelta(seconds=seconds)
    message = RelayMessage(name, "webhook:desk", "ticket.paged", f"T-{name}", position, "{}", at, at)
    store.write(lambda tx: tx.add_relay_messages([message]))


def log_ids(store: SqlStore, limit: int, after: str | None = None) -> tuple[list[str], str | None]:
    found = store.read(lambda tx: log_page(tx, ArrivalPage(limit, after=after)))
    return [one["id"] for one in found["arrivals"]], found["next"]


def told_ids(store: SqlStore, limit: int, after: str | None = None) -> tuple[list[str], str | None]:
    place = RelayPlace.read(after) if after is not None else None
    found = store.read(lambda tx: relay_list(tx, RelayFilter(limit, after=place)))
    return [one["id"] for one in found["webhooks"]], found["next"]


def test_the_log_is_read_page_by_page_while_more_comes_in(store: SqlStore) -> None:
    for name in ("b", "a", "c"):
        arrive(store, name, seconds=0)
    arrive(store, "d", seconds=1)
    assert log_ids(store, 2) == (["d", "c"], "c")
    arrive(store, "e", seconds=2)
    assert log_ids(store, 2, "c") == (["b", "a"], None)


def test_a_failure_that_is_dropped_between_two_pages_loses_no_other(store: SqlStore) -> None:
    for number in range(4):
        arrive(store, f"f{number}", seconds=number, status=ArrivalStatus.FAILED)
    first = store.read(lambda tx: failures_page(tx, ArrivalPage(2)))
    assert ([one["id"] for one in first["failures"]], first["next"]) == (["f3", "f2"], "f2")
    dropped = Arrival("f2", NOW, "crm", "zendesk", "/webhooks/zendesk", ArrivalStatus.DROPPED)
    store.write(lambda tx: tx.update_arrival(dropped))
    second = store.read(lambda tx: failures_page(tx, ArrivalPage(2, "crm", "f2")))
    assert ([one["id"] for one in second["failures"]], second["next"]) == (["f1", "f0"], None)


def test_a_page_after_what_is_not_in_the_log_is_refused(store: SqlStore) -> None:
    with pytest.raises(OncallError) as refused:
        log_ids(store, 2, "gone")
    assert str(refused.value) == 'after: "gone" is not in the intake log; write the `next` of the page before'


def test_messages_are_read_page_by_page_although_one_is_sent_again(store: SqlStore) -> None:
    for position, name in enumerate(("msg_a", "msg_b", "msg_c", "msg_d")):
        tell(store, name, position=position)
    ids, following = told_ids(store, 2)
    assert (ids, RelayPlace.read(following or "")) == (["msg_d", "msg_c"], RelayPlace(NOW, 2, "msg_c"))
    tell(store, "msg_e", position=9, seconds=5)
    store.write(lambda tx: retry(tx, "msg_c", real_now=NOW + timedelta(seconds=9)))
    assert told_ids(store, 2, following) == (["msg_b", "msg_a"], None)


@pytest.mark.parametrize("text", ["", "msg_c", "1.2", "1.2.", "-1.2.msg", "1.2.msg c", "9" * 18 + ".1.msg"])
def test_text_that_is_no_place_is_none(text: str) -> None:
    assert RelayPlace.read(text) is None
