"""The senders' own keys, on each database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from oncall.errors import Conflict, NotFound
from oncall.paging.ports.intake_store import SenderKey
from oncall.store.sql_store import SqlStore

KEY = SenderKey("crm", "zendesk", "35436", None, 0, None, False, datetime(2027, 1, 9, 8, tzinfo=UTC))
SAID = datetime(2027, 1, 9, 8, 12, 7, 123456, tzinfo=UTC)


def stored(store: SqlStore) -> SenderKey | None:
    return store.read(lambda tx: tx.sender_key("crm", "zendesk", "35436"))


def test_a_key_keeps_the_senders_own_time(store: SqlStore) -> None:
    store.write(lambda tx: tx.add_sender_key(KEY))
    assert stored(store) == KEY
    newer = replace(KEY, ticket="zd-35436", impact="urgent", opened=1, said_at=SAID)
    store.write(lambda tx: tx.update_sender_key(newer))
    assert stored(store) == newer


def test_a_key_is_stored_once(store: SqlStore) -> None:
    store.write(lambda tx: tx.add_sender_key(KEY))
    with pytest.raises(Conflict):
        store.write(lambda tx: tx.add_sender_key(KEY))
    with pytest.raises(NotFound):
        store.write(lambda tx: tx.update_sender_key(replace(KEY, key="other")))
