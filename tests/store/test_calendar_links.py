"""Links to calendar feeds, and the versions from which a feed is made."""

from __future__ import annotations

from oncall.paging.ports.calendar_links import CalendarLink
from oncall.store.sql_store import SqlStore

from .examples import NOW, minutes, override, publication

ANA = CalendarLink("ab" * 32, "cas-support", "ana", NOW, "ana")
TEAM = CalendarLink("cd" * 32, "cas-support", None, NOW + minutes(1), "mei")


def test_a_link_is_found_by_its_digest_until_it_is_revoked(store: SqlStore) -> None:
    store.write(lambda tx: tx.add_calendar_link(ANA))
    store.write(lambda tx: tx.add_calendar_link(TEAM))
    assert store.read(lambda tx: (tx.calendar_link("ab" * 32), tx.calendar_link("ef" * 32))) == (ANA, None)
    assert store.read(lambda tx: (tx.calendar_links("ana"), tx.calendar_links(None))) == ([ANA], [TEAM])
    assert store.write(lambda tx: tx.remove_calendar_links("ana")) == 1
    assert store.read(lambda tx: (tx.calendar_link("ab" * 32), tx.calendar_links(None))) == (None, [TEAM])
    assert store.write(lambda tx: tx.remove_calendar_links("ana")) == 0


def test_the_versions_come_in_order_and_a_new_one_is_seen_at_once(store: SqlStore) -> None:
    assert list(store.read(lambda tx: tx.version_rows())) == []
    store.write(lambda tx: tx.add_version(publication()))
    store.write(lambda tx: tx.add_version(override()))
    rows = store.read(lambda tx: tx.version_rows())
    assert [(row.version, row.kind, row.by) for row in rows] == [(1, "publish", "mei"), (2, "override", "mei")]
