"""Two people answer at the same moment: one shift changes hands once, on both databases."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import pytest

from oncall.errors import Refused
from oncall.paging.ports.store import Transaction
from oncall.planning.published.change_schedule import ChangeTerms
from oncall.planning.published.publish_plan import PublishablePlan, publish_plan
from oncall.planning.published.schedule_version import Author
from oncall.planning.swaps.ask_to_swap import SwapAsked, ask_to_swap
from oncall.planning.swaps.swap_answers import Answerer, accept_swap
from oncall.planning.swaps.swap_notes import NoteTimes
from oncall.schedule.swap_requests import SwapState
from oncall.store.database import open_store
from oncall.store.sql_store import SqlStore
from tests.paging.mortals import Killed
from tests.planning.conftest import in_turn, roster_of
from tests.planning.swaps.conftest import MONDAY, NOW, TEN

TIMES = NoteTimes(NOW, lambda at: at)
EVENING = datetime(2027, 1, 5, 3, tzinfo=UTC)


@pytest.fixture
def stores(url: str) -> Iterator[tuple[SqlStore, SqlStore]]:
    """Two processes' stores on one database, with ten people on call in turn."""
    roster = roster_of(TEN)
    plan = in_turn(roster, date(2027, 1, 4), date(2027, 1, 8))
    with open_store(url) as mine, open_store(url) as theirs:
        author = Author("mei", NOW, "published")
        mine.write(lambda tx: publish_plan(tx, PublishablePlan(plan, roster), author))
        yield mine, theirs


def asked(store: SqlStore, other: str) -> str:
    swap, author = SwapAsked("ana", MONDAY, other=other), Author("ana", NOW, "a concert")
    return store.write(lambda tx: ask_to_swap(tx, swap, author, ChangeTerms(), TIMES)).code


def accept_both(stores: tuple[SqlStore, SqlStore], answers: list[tuple[str, str]]) -> list[str]:
    """Return the answers to two people who accept at the same moment: the request's state, or the refusal."""
    both = threading.Barrier(2)

    def accept(store: SqlStore, answer: tuple[str, str]) -> str:
        code, by = answer
        both.wait(30)
        try:
            return store.write(lambda tx: accept_swap(tx, code, Answerer(by, NOW, False), TIMES))[0].state.value
        except Refused as refusal:
            return str(refusal)

    with ThreadPoolExecutor(2) as threads:
        return sorted(threads.map(accept, stores, answers), key=len)


def test_of_two_who_take_one_shift_the_second_is_refused(stores: tuple[SqlStore, SqlStore]) -> None:
    mine, theirs = stores
    codes = {name: asked(mine, name) for name in ("gus", "ida")}
    first, second = accept_both(stores, [(codes["gus"], "gus"), (codes["ida"], "ida")])
    schedule = theirs.read(lambda tx: tx.schedule())
    taker = schedule.who(EVENING).roles["primary"].engineer
    assert (first, taker in codes, schedule.newest) == (SwapState.ACCEPTED.value, True, 2)
    loser = next(code for name, code in codes.items() if name != taker)
    assert second == (
        f"swap {loser} cannot be made any more: {taker} is primary from Mon 2027-01-04 19:01 EST, and no longer ana; "
        "nothing was changed"
    )


def test_a_process_that_dies_while_a_swap_is_made_leaves_nothing_of_it(stores: tuple[SqlStore, SqlStore]) -> None:
    """It dies after the last write and before the commit: the request still waits, and is made once by the next try."""
    mine, theirs = stores
    code = asked(mine, "gus")

    def die(tx: Transaction) -> None:
        accept_swap(tx, code, Answerer("gus", NOW, False), TIMES)
        raise Killed

    with pytest.raises(Killed):
        mine.write(die)
    (waits,) = theirs.read(lambda tx: tx.swaps(begins_after=NOW))
    assert (waits.state, theirs.read(lambda tx: tx.schedule().newest)) == (SwapState.ASKED, 1)
    theirs.write(lambda tx: accept_swap(tx, code, Answerer("gus", NOW, False), TIMES))
    assert theirs.read(lambda tx: tx.schedule().newest) == 2


def test_a_request_that_is_accepted_twice_is_made_once(stores: tuple[SqlStore, SqlStore]) -> None:
    code = asked(stores[0], "gus")
    first, second = accept_both(stores, [(code, "gus"), (code, "gus")])
    assert first == SwapState.ACCEPTED.value
    assert second == f"swap {code} was accepted already on Fri 2027-01-01 07:00 EST by gus; nothing was changed"
    assert stores[1].read(lambda tx: tx.schedule().newest) == 2
