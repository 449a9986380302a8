"""Links that show customers their tickets, in the store."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from oncall.paging.ports.store import Transaction
from oncall.paging.ports.ticket_links import TicketLink
from oncall.store.sql_store import SqlStore

from .examples import NOW

LINK = TicketLink("ab" * 32, "T-1", NOW, "mei")


def test_a_link_is_found_by_its_digest_until_the_links_of_its_ticket_are_revoked(store: SqlStore) -> None:
    other = replace(LINK, digest="ef" * 32, ticket="T-2")
    for link in (LINK, replace(LINK, digest="cd" * 32), other):
        store.write(partial(_add, link))
    assert store.read(lambda tx: tx.ticket_link(LINK.digest)) == LINK
    assert store.read(lambda tx: tx.ticket_link("00" * 32)) is None
    assert store.read(lambda tx: tx.count_ticket_links("T-1")) == 2
    assert store.write(lambda tx: tx.remove_ticket_links("T-1")) == 2
    assert store.read(lambda tx: tx.ticket_link(LINK.digest)) is None
    assert store.read(lambda tx: tx.ticket_link(other.digest)) == other
    assert store.write(lambda tx: tx.remove_ticket_links("T-1")) == 0


def _add(link: TicketLink, tx: Transaction) -> None:
    tx.add_ticket_link(link)
