"""Notes for the next shift, and the pages of a shift."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from oncall.paging.domain.ticket import DRILL, Purpose
from oncall.paging.ports.handoff_book import HandoffNote, SentPage
from oncall.paging.ports.store import Transaction
from oncall.store.sql_store import SqlStore
from oncall.support.windows import Window

from .examples import NOW, adding, attempt, minutes, ticket


def _add(note: HandoffNote, tx: Transaction) -> None:
    tx.add_handoff_note(note)


SHIFT = Window(NOW, NOW + minutes(60))


def test_the_notes_of_a_shift_are_those_written_in_it(store: SqlStore) -> None:
    notes = [HandoffNote("cas-support", NOW + minutes(at), "ana", f"note {at}") for at in (59, 0, -1, 60)]
    for each in notes:
        store.write(partial(_add, each))
    assert store.read(lambda tx: tx.handoff_notes(SHIFT)) == [notes[1], notes[0]]


def test_the_pages_of_a_shift_are_those_sent_in_it_without_notices_and_drills(store: SqlStore) -> None:
    plain = ticket("DRILL-1")
    drill = replace(plain, ticket=replace(plain.ticket, plan=DRILL, impact=DRILL))
    store.write(adding(ticket(), drill))
    sent = [
        attempt("a-1", sent_at=NOW + minutes(5)),
        attempt("a-2", sent_at=NOW),
        attempt("a-3", sent_at=NOW + minutes(60)),
        attempt("a-4", sent_at=NOW + minutes(6), purpose=Purpose.NOTICE),
        attempt("a-5", "DRILL-1", sent_at=NOW + minutes(7)),
        attempt("a-6"),
    ]
    store.write(lambda tx: tx.add_attempts(sent))
    assert store.read(lambda tx: tx.pages_sent(SHIFT, most=10)) == [
        SentPage("T-1", "ana", NOW),
        SentPage("T-1", "ana", NOW + minutes(5)),
    ]
    assert len(store.read(lambda tx: tx.pages_sent(SHIFT, most=1))) == 1
