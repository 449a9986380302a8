"""Requests to swap shifts are stored whole, on both databases, and no ticket gets their codes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from oncall.errors import Conflict
from oncall.paging.outgoing.codes import free_swap_code
from oncall.schedule.swap_requests import SeatMove, SwapRequest, SwapState
from oncall.store.sql_store import SqlStore
from oncall.support.windows import Window, WindowKind

from .examples import NOW, minutes

SOON = Window(NOW + minutes(60), NOW + minutes(120))
LATER = Window(NOW + minutes(600), NOW + minutes(660))
GIVEN = SeatMove(SOON, WindowKind.WEEKNIGHT, "primary", "ana", "ben")
TAKEN = SeatMove(LATER, WindowKind.WEEKEND, "secondary", "ben", "ana")
REQUEST = SwapRequest("7K2F", "ana", "ben", (GIVEN, TAKEN), NOW, "mei", "a concert")


def test_a_request_is_read_as_it_was_stored(store: SqlStore) -> None:
    whole = replace(REQUEST, is_forced=True, absence=3)
    store.write(lambda t: t.add_swap(whole))
    assert store.read(lambda t: t.swap("7K2F")) == whole
    assert store.write(lambda t: t.swap("7K2F")) == whole
    assert store.read(lambda t: t.swap("7K2G")) is None


def test_an_answer_is_stored(store: SqlStore) -> None:
    store.write(lambda t: t.add_swap(REQUEST))
    assert store.read(lambda t: t.swap_steps()) == 1
    answered = replace(REQUEST, state=SwapState.ACCEPTED, answered_at=NOW, answered_by="ben", version=4)
    store.write(lambda t: t.update_swap(answered))
    assert store.read(lambda t: t.swap_steps()) == 2
    assert store.read(lambda t: t.swap("7K2F")) == answered


def test_requests_are_listed_by_their_shifts_without_those_that_have_begun(store: SqlStore) -> None:
    later = replace(REQUEST, code="8XXA", moves=(TAKEN,))
    store.write(lambda t: t.add_swap(later))
    store.write(lambda t: t.add_swap(REQUEST))
    assert store.read(lambda t: t.swaps(begins_after=NOW)) == [REQUEST, later]
    assert store.read(lambda t: t.swaps(begins_after=SOON.start)) == [later]


def test_a_code_is_given_once(store: SqlStore) -> None:
    store.write(lambda t: t.add_swap(REQUEST))
    with pytest.raises(Conflict, match=r"^swap 7K2F: it is stored already$"):
        store.write(lambda t: t.add_swap(REQUEST))
    drawn = iter(["7K2F", "7K2G", "7K2F", "7K2H"])
    assert store.write(lambda t: t.unused_code(lambda: next(drawn, "7K2J"))) != "7K2F"
    assert len(store.write(free_swap_code)) == 4
