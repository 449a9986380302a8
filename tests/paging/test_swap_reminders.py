"""The asker of a swap is told a day before the shift if there is no answer, and not after one."""

from __future__ import annotations

from datetime import timedelta

from oncall.planning.published.change_schedule import ChangeTerms
from oncall.planning.published.schedule_version import Author
from oncall.planning.swaps.ask_to_swap import SwapAsked, ask_to_swap
from oncall.planning.swaps.swap_answers import Answerer, decline_swap
from oncall.planning.swaps.swap_notes import note_times
from tests.paging.world import ROSTER, World, at

TUESDAY = at("2027-01-12 12:00").date()


def ask_chloe(world: World) -> str:
    """Ask chloe for ana's shift of Tuesday evening; it is Saturday night."""
    world.publish(roster=ROSTER.read_text(encoding="utf-8"))
    swap, author = SwapAsked("ana", TUESDAY, other="chloe"), Author("ana", world.clock.now(), "a concert")
    times = note_times(world.clock)
    request = world.store.write(lambda tx: ask_to_swap(tx, swap, author, ChangeTerms(), times))
    world.run()
    world.expect_page("chloe", containing=f"Reply YES {request.code} to take primary Tue 12 Jan 19:01-08:00 EST")
    return request.code


def test_without_an_answer_the_asker_is_told_a_day_before(world: World) -> None:
    code = ask_chloe(world)
    world.advance(at("2027-01-11 19:00") - world.clock.now())
    world.expect_silence()
    world.advance(timedelta(minutes=1))
    world.expect_page("ana", containing=f"Ask another engineer: Chloe Martin has not answered swap {code}")


def test_after_an_answer_there_is_no_reminder(world: World) -> None:
    code = ask_chloe(world)
    answerer, times = Answerer("chloe", world.clock.now(), may_answer_for_others=False), note_times(world.clock)
    world.store.write(lambda tx: decline_swap(tx, code, answerer, times))
    world.run()
    world.expect_page("ana", containing=f"Chloe Martin declined swap {code}")
    world.advance(timedelta(days=4))
    world.expect_silence()
