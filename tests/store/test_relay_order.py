"""The next mails of a long list are found by an index, and the whole list is not sorted for each ten of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy import create_engine, event

from oncall.paging.ports.relay import SUBSCRIBER_MAIL, RelayMessage
from oncall.store.database import open_store
from oncall.store.publications import PublishedCache, PublishedView
from oncall.store.transaction import SqlTransaction

from .examples import NOW

MAIL = RelayMessage("m0", SUBSCRIBER_MAIL, "notice", None, 0, "The body.", NOW, NOW)


def test_the_next_mails_are_claimed_in_their_order_and_without_a_sort(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/oncall.db"
    mails = [replace(MAIL, id=f"m{number:03d}", position=number) for number in reversed(range(300))]
    with open_store(url) as store:
        store.write(lambda tx: tx.add_relay_messages(mails))
    engine = create_engine(url)
    asked: list[tuple[str, object]] = []
    event.listen(engine, "before_cursor_execute", lambda *given: asked.append((given[2], given[3])))
    with engine.begin() as connection:
        until = NOW + timedelta(minutes=3)
        tx = SqlTransaction(connection, PublishedView(PublishedCache()), writes=True)
        found = tx.claim_relay_messages(SUBSCRIBER_MAIL, real_now=NOW, lease_until=until, most=10)
        select, values = asked[0]
        assert isinstance(values, tuple)
        steps = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {select}", values).fetchall()
    assert [each.id for each in found] == [f"m{number:03d}" for number in range(10)]
    assert [step for step in steps if "TEMP B-TREE" in str(step)] == []
    assert any("relay_messages_due" in str(step) for step in steps)
