"""A swap moves with the hours of its shift, and ends when a new plan no longer has the shift."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from oncall.planning.published.change_schedule import ChangeTerms
from oncall.planning.published.publish_plan import PublishablePlan, publish_plan
from oncall.planning.published.schedule_version import Author
from oncall.planning.swaps.ask_to_swap import SwapAsked, ask_to_swap, swap_at_once
from oncall.planning.swaps.moved_swaps import MovedSwaps, move_swaps
from oncall.planning.swaps.swap_answers import accept_swap, listed_swaps
from oncall.rosters.roster import Roster
from oncall.rosters.roster_file import roster_from_text
from oncall.schedule.swap_requests import SwapState
from oncall.support.policy_file import packaged_policy_text, policy_from_text
from tests.planning.conftest import FIRST, LAST, in_turn
from tests.planning.swaps.conftest import MONDAY, NOW, TEN, TIMES, SwapMemory, answers, by

OLD_START, NEW_START = datetime(2027, 1, 5, 0, 1, tzinfo=UTC), datetime(2027, 1, 5, 1, 1, tzinfo=UTC)
PLAIN = ChangeTerms()


@pytest.fixture
def later_hours() -> Roster:
    """The same team, with a business day that ends an hour later."""
    text = packaged_policy_text().replace("7:01 pm", "8:01 pm").replace("7:00 pm", "8:00 pm")
    text = text.replace("19:01", "20:01").replace("19:00", "20:00")
    policy = policy_from_text(text, "later.policy.yaml", ZoneInfo("America/New_York"))
    return roster_from_text(TEN, "night-owls.yaml", policy)


def publish(desk: SwapMemory, roster: Roster, first: date = FIRST, last: date = LAST) -> MovedSwaps:
    author = Author("mei", NOW + timedelta(hours=1), "new hours")
    made = publish_plan(desk, PublishablePlan(in_turn(roster, first, last), roster), author)
    return move_swaps(desk, made, author, TIMES)


def who(desk: SwapMemory, at: datetime) -> str | None:
    holder = desk.schedule().who(at).roles.get("primary")
    return holder.engineer if holder is not None else None


def test_a_swap_moves_with_the_hours_of_its_shift(desk: SwapMemory, later_hours: Roster) -> None:
    week = timedelta(days=7)
    swap_at_once(desk, SwapAsked("ana", MONDAY + week, other="gus"), by("mei"), PLAIN)
    assert publish(desk, later_hours) == MovedSwaps(moved=(2,))
    assert who(desk, NEW_START + week - timedelta(minutes=1)) is None
    assert who(desk, NEW_START + week) == "gus"
    assert [note.kind for note in desk.schedule().log] == ["publication", "swap", "publication", "undo", "swap"]
    assert [each.window.start for each in desk.schedule().overrides] == [NEW_START + week]


def test_a_swap_that_moves_keeps_its_reason_however_often(desk: SwapMemory, later_hours: Roster, ten: Roster) -> None:
    dentist = Author("mei", NOW, "dentist")
    swap_at_once(desk, SwapAsked("ana", MONDAY + timedelta(days=7), other="gus"), dentist, PLAIN)
    publish(desk, later_hours)
    publish(desk, ten)
    reasons = [note.reason for note in desk.schedule().log if note.kind == "swap"]
    moved = "dentist (the new plan moved the shift of version {})"
    assert reasons == ["dentist", moved.format(2), moved.format(5)]


def test_an_accepted_request_follows_its_swap(desk: SwapMemory, later_hours: Roster) -> None:
    week = timedelta(days=7)
    ask_to_swap(desk, SwapAsked("ana", MONDAY + week, other="gus"), by("ana"), PLAIN, TIMES)
    accept_swap(desk, "7AAC", answers("gus"), TIMES)
    publish(desk, later_hours)
    (listed,) = listed_swaps(desk, NOW)
    assert (listed.state, listed.version, listed.begins_at) == (SwapState.ACCEPTED, 5, NEW_START + week)


def test_a_swap_whose_shift_stays_is_left_alone(desk: SwapMemory, ten: Roster) -> None:
    swap_at_once(desk, SwapAsked("ana", MONDAY, other="gus"), by("mei"), PLAIN)
    assert publish(desk, ten) == MovedSwaps()
    assert (who(desk, OLD_START), len(desk.versions)) == ("gus", 3)


def test_both_are_told_when_the_shift_is_gone(desk: SwapMemory, later_hours: Roster) -> None:
    swap_at_once(desk, SwapAsked("ana", MONDAY, other="gus"), by("mei"), PLAIN)
    text = TEN.replace("engineers:", "holidays: [{date: 2027-01-04, name: Founders Day}]\nengineers:")
    assert publish(desk, roster_from_text(text, "night-owls.yaml", later_hours.policy)) == MovedSwaps(ended=(2,))
    words = "Check your shifts: the new plan has no shift Mon 4 Jan 19:01-08:00 EST, so the swap of primary is over."
    assert desk.texts() == [("gus", words), ("ana", words)]
    assert who(desk, OLD_START) == "ana"


def test_an_open_request_moves_and_is_asked_again(desk: SwapMemory, later_hours: Roster) -> None:
    ask_to_swap(desk, SwapAsked("ana", MONDAY, other="gus"), by("ana"), PLAIN, TIMES)
    publish(desk, later_hours)
    told = [body for to, body in desk.texts() if to == "gus"]
    assert told[1] == "Reply YES 7AAC to take primary Mon 4 Jan 20:01-08:00 EST from Ana; or NO 7AAC."
    assert [(to, body[:20]) for to, body in desk.texts() if to == "ana"] == [("ana", "Ask another engineer")]
    accept_swap(desk, "7AAC", answers("gus"), TIMES)
    assert who(desk, NEW_START) == "gus"


def test_an_open_request_ends_when_its_shift_is_gone(desk: SwapMemory, later_hours: Roster) -> None:
    ask_to_swap(desk, SwapAsked("ana", MONDAY, other="gus"), by("ana"), PLAIN, TIMES)
    text = TEN.replace("engineers:", "holidays: [{date: 2027-01-04, name: Founders Day}]\nengineers:")
    publish(desk, roster_from_text(text, "night-owls.yaml", later_hours.policy))
    assert [each.state for each in listed_swaps(desk, NOW)] == [SwapState.GONE]
    words = (
        "No action needed: swap 7AAC is over, because the new plan does not have its shift "
        "(primary Mon 4 Jan 19:01-08:00 EST)."
    )
    assert desk.texts()[1:] == [("ana", words), ("gus", words)]


def test_an_exchange_of_which_one_shift_moves_is_made_again_as_a_whole(desk: SwapMemory, later_hours: Roster) -> None:
    swap_at_once(desk, SwapAsked("ana", MONDAY, other="hal", their_day=date(2027, 1, 7)), by("mei"), PLAIN)
    assert publish(desk, later_hours, date(2027, 1, 6), LAST) == MovedSwaps(moved=(2,))
    assert who(desk, OLD_START) == "hal"
    thursday = NEW_START + timedelta(days=3)
    assert desk.schedule().who(thursday).roles["secondary"].engineer == "ana"
